import { Empty } from "../parts/basics.tsx";
import { SECTIONS } from "../sections.ts";

export function NotFoundPage() {
  return (
    <Empty title="There is no such page">
      <p>{SECTIONS.map(({ id, href, title }) => <a key={id} class="button" href={href}>{title}</a>)}</p>
    </Empty>
  );
}
