import { useId, useState } from "react";
import { RequestError } from "../../api/request";
import { createFile, listTemplates } from "../../api/routes";
import { useResource } from "../../hooks/useResource";
import { editAddress, go } from "../../hooks/useRoute";
import { Dialog } from "../shell/Dialog";
import { Problem } from "../shell/Problem";
import { Scrolled } from "../shell/Scrolled";

interface Props {
  onCreated: () => void;
  onClose: () => void;
}

/** A new procedure, begun with a template. */
export function NewFileDialog({ onCreated, onClose }: Props) {
  const id = useId();
  const { data: templates, error: unread } = useResource("templates", listTemplates);
  const [path, setPath] = useState("");
  const [template, setTemplate] = useState<string | null>(null);
  const [error, setError] = useState<RequestError | null>(null);
  const chosen = templates?.find(({ name }) => name === template) ?? templates?.[0];

  const create = async () => {
    if (!chosen) return;
    const name = /\.[a-z]+$/.test(path) ? path : `${path}.lua`;
    try {
      await createFile(name, chosen.name);
    } catch (failure) {
      if (!(failure instanceof RequestError)) throw failure;
      setError(failure);
      return;
    }
    onCreated();
    onClose();
    go(editAddress(name));
  };

  return (
    <Dialog title="New procedure" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <div className="field">
          <label htmlFor={`${id}-path`}>Name</label>
          <input
            data-first
            id={`${id}-path`}
            value={path}
            required
            placeholder="story.lua"
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setPath(event.target.value.trim())}
          />
        </div>
        <div className="field">
          <label htmlFor={`${id}-template`}>Begin with</label>
          <select
            id={`${id}-template`}
            value={chosen?.name ?? ""}
            onChange={(event) => setTemplate(event.target.value)}
          >
            {templates?.map(({ name, title }) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        </div>
        {chosen && (
          <Scrolled className="template" label="The template">
            <pre>{chosen.text}</pre>
          </Scrolled>
        )}
        {(error ?? unread) && <Problem error={(error ?? unread) as RequestError} />}
        <footer>
          <button type="submit" className="primary" disabled={!path || !chosen}>
            Create
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
