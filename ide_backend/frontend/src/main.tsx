import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { RequestError } from "./api/request";
import { openSession } from "./api/session";
import { applyTheme, storedTheme } from "./hooks/useTheme";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/editor.css";
import "./styles/run.css";
import "./styles/pages.css";

applyTheme(storedTheme());

let refused: RequestError | null = null;
try {
  await openSession();
} catch (error) {
  if (!(error instanceof RequestError)) throw error;
  refused = error;
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App refused={refused} />
    </StrictMode>,
  );
}
