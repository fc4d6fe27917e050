/** BROKEN ON PURPOSE: handling a request throws, as a bug of ours would. Stands for policy/request.ts. */
import type { checkRequest as sound } from "../../policy/request.ts";

export * from "../../policy/request.ts";

export const checkRequest: typeof sound = () => {
  throw new Error("broken on purpose");
};
