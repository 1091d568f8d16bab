/** The console's entry: one session, one page. */
import { createRoot } from "react-dom/client";
import { App } from "./app/App.tsx";
import { createSession } from "./app/session.ts";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const session = createSession();
session.link.start();
createRoot(root).render(<App session={session} />);
