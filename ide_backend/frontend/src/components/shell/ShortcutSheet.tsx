import { spellKeys, useAllCommands } from "../../commands";
import { Dialog } from "./Dialog";

const GROUPS = ["Run", "Edit", "Go to", "View"] as const;

/** Every key that works on this page. */
export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const commands = useAllCommands().filter(({ keys }) => keys?.length);
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <div className="sheet">
        {GROUPS.map((group) => {
          const mine = commands.filter((command) => command.group === group);
          return mine.length === 0 ? null : (
            <section key={group}>
              <h3>{group}</h3>
              <dl>
                {mine.map(({ id, title, keys = [] }) => (
                  <div key={id}>
                    <dt>{title}</dt>
                    <dd>
                      {keys.map((key) => (
                        <kbd key={key}>{spellKeys(key)}</kbd>
                      ))}
                    </dd>
                  </div>
                ))}
                {group === "Edit" && (
                  <div>
                    <dt>In the editor: let Tab move the focus</dt>
                    <dd>
                      <kbd>Ctrl+M</kbd>
                    </dd>
                  </div>
                )}
              </dl>
            </section>
          );
        })}
      </div>
    </Dialog>
  );
}
