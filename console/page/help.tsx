/** Every key of the page, and the switch that turns single ones off (WCAG 2.1.4). */
import { useEffect, useRef } from "preact/hooks";
import { Part } from "./parts/part.tsx";
import { HELP, setSingleKeys, singleKeys } from "./keys.ts";

export function Sheet(
  { title, onClose, children }: { title: string; onClose: () => void; children: preact.ComponentChildren },
) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current!.showModal();
    return () => dialog.current?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="sheet"
      aria-label={title}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <Part what={`the sheet “${title}”`}>{children}</Part>
    </dialog>
  );
}

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Sheet title="Keyboard" onClose={onClose}>
      <h2>Keyboard</h2>
      <dl class="keys-list">
        {HELP.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label class="switch">
        <input
          type="checkbox"
          checked={singleKeys.value}
          onChange={({ currentTarget }) => setSingleKeys(currentTarget.checked)}
        />
        keys without Ctrl do something
      </label>
      <button type="button" class="button" onClick={onClose}>Close</button>
    </Sheet>
  );
}
