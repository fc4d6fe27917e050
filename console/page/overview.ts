/** The overview, followed all the time: its counts stand in the navigation of every page. */
import { computed, effect, signal } from "@preact/signals";
import type { FailureList, ListAnswer, Overview } from "../../observe/contract.ts";
import { get } from "./api.ts";
import { allowed, revived, subscribe } from "./socket.ts";

export const overview = signal<Overview | null>(null);
export const overviewError = signal<unknown>(null);

const counted = signal<Readonly<Record<string, number>>>({});
const failing = signal<number | null>(null);

/** By section. */
export const totals = computed<Readonly<Record<string, number>>>(() => ({
  ...(overview.value === null ? counted.value : {
    connections: overview.value.totals.connections,
    routes: overview.value.totals.routes,
    proofs: overview.value.totals.proofs,
  }),
  ...(failing.value === null ? {} : { failures: failing.value }),
}));

/** The recorder keeps one trace in so many. */
export const sampling = computed(() => overview.value?.sampling ?? 1);

async function load(): Promise<void> {
  try {
    overview.value = await get<Overview>("/overview");
    overviewError.value = null;
  } catch (error) {
    overviewError.value = error;
    await loadCounts().catch(() => {});
  }
  failing.value = await get<FailureList>("/failures?limit=1").then(({ attempts }) => attempts, () => null);
}

/** Where the overview is not to be had, the lists still say how long they are. */
async function loadCounts(): Promise<void> {
  const names = ["connections", "routes", "proofs"];
  const answers = await Promise.all(names.map((name) => get<ListAnswer>(`/${name}?limit=1`)));
  counted.value = Object.fromEntries(names.map((name, at) => [name, answers[at]!.total]));
}

let subscribed = false;

effect(() => {
  void revived.value;
  if (allowed.value !== true) return;
  void load();
  if (subscribed) return;
  subscribed = true;
  subscribe("overview", () => ({ sub: "overview" }), (frame) => {
    if (frame.op === "snapshot" && frame.topic === "overview") overview.value = frame.data;
    else if (frame.op === "tick") void load();
  });
});

export const refreshOverview = load;
