/** A part of the page that may fail alone: what it was and how to go on stands in its place, and all the rest goes on. */
import { Component, type ComponentChildren } from "preact";
import { mishap, wordsOf } from "./mishaps.tsx";

export interface PartProps {
  /** What fails, as one reads it: `this page`. */
  readonly what: string;
  /** It has the heading of the page, so what stands in its place is that. */
  readonly heads?: boolean;
  /** Another value is another thing, which may well be drawn: an address, a tab. */
  readonly at?: string;
  /** Asks anew for what it is drawn from, where it does not do that by itself. */
  readonly renew?: () => Promise<void>;
  /** In place of it; null: nothing, and it is said at the edge of the page. */
  readonly instead?: ((error: unknown) => ComponentChildren) | null;
  readonly children: ComponentChildren;
}

interface Failed {
  /** In an object, for anything can be thrown. */
  readonly failed: { readonly error: unknown } | null;
}

export class Part extends Component<PartProps, Failed> {
  override state: Failed = { failed: null };

  static override getDerivedStateFromError(error: unknown): Failed {
    return { failed: { error } };
  }

  override componentDidCatch(error: unknown): void {
    const { what, instead } = this.props;
    console.error(`${what}:`, error);
    if (instead === null) mishap(titleOf(what), error);
  }

  override componentDidUpdate({ at }: PartProps): void {
    if (at !== this.props.at && this.state.failed !== null) this.setState({ failed: null });
  }

  again = async (): Promise<void> => {
    await this.props.renew?.();
    this.setState({ failed: null });
  };

  override render(
    { what, heads = false, instead, children }: PartProps,
    { failed }: Failed,
  ): ComponentChildren {
    if (failed === null) return children;
    if (instead !== undefined) return instead && instead(failed.error);
    return <Failure what={what} heads={heads} error={failed.error} again={this.again} />;
  }
}

const titleOf = (what: string): string => what[0]!.toUpperCase() + what.slice(1);

/** Whose fault, what was seen, what next. */
function Failure({ what, heads, error, again }: {
  what: string;
  heads: boolean;
  error: unknown;
  again: () => Promise<void>;
}) {
  const title = `✕ ${titleOf(what)} cannot be drawn`;
  return (
    <div class="trouble failure" role="alert" data-failed={what}>
      {heads ? <h1 class="empty-title">{title}</h1> : <p class="empty-title">{title}</p>}
      <p>
        A fault of this console, or an answer that it does not understand:{" "}
        <code>{wordsOf(error)}</code>. All the rest goes on, and federation knows nothing of it.
      </p>
      <div class="row">
        <button type="button" class="button main" onClick={() => void again()}>Draw it again</button>
        <button type="button" class="button" onClick={() => location.reload()}>Load the page anew</button>
      </div>
    </div>
  );
}
