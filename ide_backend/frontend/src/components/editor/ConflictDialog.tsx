import type { Buffer } from "../../buffers";
import { Dialog } from "../shell/Dialog";
import { Difference } from "./Difference";

interface Props {
  buffer: Buffer;
  disk: { text: string; version: string };
  onKeepMine: () => void;
  onTakeDisk: () => void;
  onClose: () => void;
}

/** The file was changed outside while it was changed here: the user says which text stays. */
export function ConflictDialog({ buffer, disk, onKeepMine, onTakeDisk, onClose }: Props) {
  return (
    <Dialog title={`${buffer.path} was changed on disk`} onClose={onClose} wide>
      <p>Both texts are kept until you choose one.</p>
      <Difference
        path={buffer.path}
        left={{ title: "On disk", text: disk.text }}
        right={{ title: "Here, not saved", text: buffer.text }}
      />
      <footer>
        <button type="button" data-first onClick={onClose}>
          Decide later
        </button>
        <button type="button" onClick={onTakeDisk}>
          Reload from disk
        </button>
        <button type="button" className="primary" onClick={onKeepMine}>
          Keep mine and save
        </button>
      </footer>
    </Dialog>
  );
}
