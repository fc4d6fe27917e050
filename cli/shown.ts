/** Names and peers' words as a terminal shows them: an internationalised domain in both forms, nothing unseen. console.md 2.4. */
import { printable } from "../observe/printable.ts";
import { AddressFault, parseDomain, toAscii } from "../xmpp/domain.ts";

/** For whatever others may have written. */
export function shown(text: string): string {
  return printable(inBothForms(text));
}

/** Labels with dots between them, with `_tcp` and the like before them; and both forms where they stand already. */
const NAME =
  /(?<![\p{L}\p{M}\p{N}_.-])((?:\*\.|_[a-z0-9-]+\.)*)((?:[\p{L}\p{M}\p{N}\u200c\u200d-]+\.)+[\p{L}\p{M}\p{N}\u200c\u200d-]+)( \([^)\s]*\))?/giu;

/** `münchen.example (xn--mnchen-3ya.example)`: letters that look alike are told apart by the second. */
export function inBothForms(text: string): string {
  // deno-lint-ignore no-control-regex -- ASCII
  if (!/[^\x00-\x7f]|xn--/i.test(text)) return text;
  return text.replace(NAME, (whole, service: string, name: string, behind = "") => {
    const forms = formsOf(name);
    if (forms === null || behind === ` (${service}${forms[1]})`) return whole;
    return `${service}${forms[0]} (${service}${forms[1]})${behind}`;
  });
}

/** Null: it has one form, or is no domain. */
function formsOf(name: string): readonly [unicode: string, ascii: string] | null {
  try {
    const unicode = parseDomain(name), ascii = toAscii(unicode);
    return unicode === ascii ? null : [unicode, ascii];
  } catch (error) {
    if (error instanceof AddressFault) return null;
    throw error;
  }
}
