/** BROKEN ON PURPOSE: the library panics when it reads "panic.example". Stands for wire/native.ts. */
import { type Native, native as sound } from "../../wire/native.ts";

export * from "../../wire/native.ts";

const decoder = new TextDecoder();
let broken: Native | undefined;

export function native(): Native {
  const symbols = sound();
  return broken ??= {
    ...symbols,
    session_feed: (...call) => {
      const [, input, offset, length] = call;
      const text = decoder.decode((input as Uint8Array).subarray(offset, offset + length));
      return text.includes("panic.example") ? symbols.session_panic() : symbols.session_feed(...call);
    },
  };
}
