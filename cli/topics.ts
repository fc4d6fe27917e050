/** What `verona help TOPIC` can tell: causes, stages, events, keys of verona.toml, and what belongs to no command. console.md 3.7. */
import { type StageId, STAGES } from "../check/stage.ts";
import { inShort, type Key, keys, sections } from "../config/keys.ts";
import { type Cause, CAUSES } from "../facts/cause.ts";
import { EVENTS, type EventType, STEPS } from "../facts/event.ts";
import { seeForYourself } from "../facts/see_for_yourself.ts";
import { describeTables } from "../observe/tables/tables.ts";
import { WHO } from "../observe/who.ts";

/** One line: what it is about, and what is to be said of it. */
export type Row = readonly [label: string, text: string];

export interface Topic {
  readonly id: string;
  /** In one line. */
  readonly title: string;
  readonly rows: () => readonly Row[];
}

export const SEE_FOR_YOURSELF = "See for yourself";

/** All of them; where a stage and a cause have one name, one topic tells both. */
export function topics(): readonly Topic[] {
  const ofFile = new Map(keys().map((key) => [key.id, key]));
  const ids = new Set([
    ...Object.keys(STAGES),
    ...Object.keys(CAUSES),
    ...Object.keys(EVENTS),
    ...Object.keys(STEPS),
    ...ofFile.keys(),
  ]);
  return [...GENERAL, ...[...ids].map((id) => ofId(id, ofFile.get(id) ?? null))];
}

function ofId(id: string, key: Key | null): Topic {
  const stage = Object.hasOwn(STAGES, id) ? STAGES[id as StageId] : null;
  const cause = Object.hasOwn(CAUSES, id) ? CAUSES[id as Cause] : null;
  const event = textOfEvent(id as EventType);
  const rows = (): Row[] => [
    ...(stage === null ? [] : [["A stage of check", stage] as const]),
    ...(cause === null ? [] : causeRows(id as Cause)),
    ...(event === null ? [] : [["An event", event] as const]),
    ...(key === null ? [] : keyRows(key)),
  ];
  return { id, title: stage ?? cause?.text ?? event?.split(/[:;]/)[0] ?? inShort(key!), rows };
}

function keyRows({ about, table, name, kind, byDefault, example, takesEffect }: Key): Row[] {
  return [
    [`A key of ${table}`, about],
    ["Type", kind],
    ["Default", byDefault ?? "none"],
    ["For example", `${name} = ${example}`],
    ["Takes effect", takesEffect],
  ];
}

function textOfEvent(id: EventType): string | null {
  return ({ ...EVENTS, ...STEPS } as Readonly<Partial<Record<string, string>>>)[id] ?? null;
}

function causeRows(id: Cause): Row[] {
  const { text, fault, next } = CAUSES[id];
  return [
    ["A cause", text],
    ["Who can fix it", WHO[fault]],
    ["What next", next],
    [SEE_FOR_YOURSELF, seeForYourself(id)],
  ];
}

const GENERAL: readonly Topic[] = [
  { id: "topics", title: "what there is help for", rows: list },
  { id: "filters", title: "which rows a listing shows", rows: filters },
  {
    id: "exit-codes",
    title: "what a command ends with",
    rows: () => [
      ["0", "all good"],
      ["1", "works, with warnings (check --fail-on warn); a step was not seen (demo --once)"],
      ["2", "wrong use or configuration: the same words will fail again"],
      ["3", "could not tell: the server or the resolver did not answer, or does not know yet"],
      ["4", "what was looked at is broken"],
      ["130, 143", "interrupted by Ctrl-C, by SIGTERM; `run` drains then, and ends with 0"],
      ["nagios", "check --format nagios: 0 ok, 1 warning, 2 critical, 3 unknown"],
    ],
  },
  {
    id: "environment",
    title: "the variables that are read",
    rows: () => [
      [
        "VERONA_CONFIG",
        "the configuration where --config is not given; else ./verona.toml (of another user: never with the token), " +
        "$XDG_CONFIG_HOME/verona/verona.toml, /etc/verona/verona.toml",
      ],
      ["VERONA_SECTION__KEY", "in place of a scalar key of the file: VERONA_LISTEN__CONSOLE"],
      [
        "VERONA_URL",
        "the console of the server that is asked; --url and --config win over it, it wins over a file that is found",
      ],
      [
        "VERONA_TOKEN",
        "the token shown to it, in place of the one in data_dir; where VERONA_URL is set, to no other server",
      ],
      ["NO_COLOR", "plain text"],
      ["FORCE_COLOR", "coloured, even where there is no terminal"],
      ["LC_ALL, LC_CTYPE, LANG", "without UTF-8 in them: no mark beyond ASCII"],
    ],
  },
];

function list(): Row[] {
  const groups = [...new Set(Object.keys(CAUSES).map((id) => id.split(".")[0]!))];
  const causes = (group: string) => Object.keys(CAUSES).filter((id) => id.startsWith(`${group}.`));
  return [
    ["Commands", "verona --help"],
    ["In general", GENERAL.map(({ id }) => id).join(", ")],
    ["Stages of check", Object.keys(STAGES).join(", ")],
    ...groups.map((group): Row => [`Causes ${group}.*`, causes(group).join(", ")]),
    ["Events", Object.keys(EVENTS).join(", ")],
    ["Steps of a trace", Object.keys(STEPS).join(", ")],
    ...sections().map(({ table, keys }): Row => [`Keys of ${table}`, keys.map(({ id }) => id).join(", ")]),
  ];
}

function filters(): Row[] {
  return [
    ["capulet", "rows with it in an id or a name"],
    ["state:denied", "of that value; remote:*.example: with anything for the star"],
    ["-reason:dns.*", "not those"],
    ["waiting:>1m", "times as durations, numbers as numbers, with > < >= <="],
    ...Object.entries(describeTables()).flatMap(([table, fields]): Row[] => [
      ["", ""],
      [`${table}:`, ""],
      ...fields.map((
        { key, about, values },
      ): Row => [`  ${key}`, values === null ? about : values.join(", ")]),
    ]),
  ];
}
