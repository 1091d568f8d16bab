/**
 * `<chatkit-assistant>`: the chat of a vTOC central in a page of one's own. Plain JavaScript, nothing fetched from elsewhere.
 *
 *     <script src="https://central/widget.js"></script>
 *     <chatkit-assistant data-telemetry-channel="kp4-s1" data-default-station="toc-s1"></chatkit-assistant>
 *
 * Attributes: `data-telemetry-channel` (the channel to show), `data-default-station` (else that station's channel), `data-org-id` (shown),
 * `data-actions-endpoint` (where `runAction` posts; default api/v1/agent-actions/execute). `data-api-key` and `data-supabase-*`, which older
 * pages set, are never read: no secret belongs into a page. The property `context` ({events, lastEventTimestamp, defaultStation, channel}) may
 * name the channel too, and goes along with `runAction`.
 *
 * It speaks to the server that it came from, with the session of whoever is logged in there; a page of another origin needs a proxy that puts
 * the central under its own. Messages become text, never HTML.
 */
(() => {
  const script = document.currentScript;
  const home = new URL(".", script === null ? document.baseURI : script.src);
  const KEPT = 200;
  const WAITS_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
  const STYLE = `
    :host { display: flex; flex-direction: column; min-height: 260px; height: 100%; background: #111b25; color: #e6eef5;
      font: 13px/1.4 system-ui, sans-serif; border: 1px solid #263644; border-radius: 10px; overflow: hidden; }
    header { display: flex; gap: 8px; padding: 10px 14px; border-bottom: 1px solid #263644; font-weight: 600; }
    header span { color: #a9bac8; font-weight: 400; }
    ol { flex: 1; min-height: 0; overflow: auto; margin: 0; padding: 8px 14px; list-style: none; }
    li { padding: 4px 0; overflow-wrap: anywhere; white-space: pre-wrap; }
    li[data-author="agent"] { padding-left: 10px; border-left: 3px solid #6cc4ff; }
    li small { display: block; color: #a9bac8; }
    form { display: flex; gap: 8px; padding: 10px; border-top: 1px solid #263644; }
    input { flex: 1; min-width: 0; padding: 6px 10px; border: 1px solid #263644; border-radius: 6px; background: #1d2b38; color: inherit; font: inherit; }
    button { padding: 6px 14px; border: 1px solid #263644; border-radius: 6px; background: none; color: inherit; font: inherit; cursor: pointer; }
    p { margin: 0; padding: 8px 14px; color: #ffb0b2; }
    p:empty { display: none; }`;

  /** The little Markdown that a text of one line each needs: markers of bold and code go, escaped signs stay. */
  const plain = (text) =>
    String(text)
      .replace(/\*\*(.+?)\*\*/g, "$1")
      .replace(/`([^`]+)`/g, "$1")
      .replace(/\\([\\`*_[\]<>|#!])/g, "$1");

  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  class ChatkitAssistant extends HTMLElement {
    #context = {};
    #socket = null;
    #timer = 0;
    #attempt = 0;
    #cursor = null;
    #channel = null;
    #csrf = null;
    #parts = null;
    #begun = 0;

    static get observedAttributes() {
      return ["data-telemetry-channel", "data-default-station"];
    }

    get context() {
      return this.#context;
    }

    set context(value) {
      const before = this.#wanted();
      this.#context = typeof value === "object" && value !== null ? value : {};
      if (this.isConnected && before !== this.#wanted()) this.#begin();
    }

    connectedCallback() {
      if (this.#parts === null) this.#build();
      this.#begin();
    }

    disconnectedCallback() {
      this.#begun += 1;
      this.#stop();
    }

    attributeChangedCallback(_, before, after) {
      if (this.isConnected && this.#parts !== null && before !== after) this.#begin();
    }

    /** Runs a tool of the agent's; the result comes in the channel. */
    async runAction(toolName, input = {}) {
      const { defaultStation, lastEventTimestamp } = this.#context;
      const station = this.dataset.defaultStation ?? defaultStation;
      const metadata = { channel_slug: this.#channel?.slug, station, last_event: lastEventTimestamp };
      return this.#post(this.dataset.actionsEndpoint ?? "api/v1/agent-actions/execute", {
        tool_name: toolName,
        action_input: input,
        metadata,
      });
    }

    #wanted() {
      const { channel, defaultStation } = this.#context;
      const named = typeof channel === "object" && channel !== null ? (channel.slug ?? channel.id) : channel;
      return String(this.dataset.telemetryChannel || named || this.dataset.defaultStation || defaultStation || "general");
    }

    #build() {
      const root = this.attachShadow({ mode: "open" });
      const style = new CSSStyleSheet();
      style.replaceSync(STYLE);
      root.adoptedStyleSheets = [style];
      const title = element("header", "");
      const list = element("ol", "", { "aria-live": "polite", "aria-label": "Messages" });
      const problem = element("p", "", { role: "alert" });
      const form = document.createElement("form");
      const input = element("input", "", {
        "aria-label": "Message",
        placeholder: "Message, /help or @agent …",
        autocomplete: "off",
        maxlength: "20000",
      });
      form.append(input, element("button", "Send"));
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        void this.#say(input);
      });
      root.append(title, list, problem, form);
      this.#parts = { title, list, problem, form };
    }

    #stop() {
      clearTimeout(this.#timer);
      this.#socket?.close();
      this.#socket = null;
    }

    async #begin() {
      this.#stop();
      this.#begun += 1;
      const begun = this.#begun;
      const { title, list, problem, form } = this.#parts;
      try {
        const session = await this.#get("api/v1/auth/session");
        const wanted = this.#wanted();
        const messages = await this.#get(`api/v1/chatkit/messages?limit=${KEPT}&channel=${encodeURIComponent(wanted)}`);
        const channels = await this.#get("api/v1/chatkit/channels");
        if (begun !== this.#begun) return;
        const same = (one) =>
          [one.slug, one.station, `${one.id}`, one.name].includes(wanted.replace(/^#/, "")) || one.id === messages[0]?.channel_id;
        this.#channel = channels.find(same) ?? null;
        this.#csrf = session.csrf_token;
        form.hidden = !session.scopes.includes("telemetry:write");
        title.replaceChildren(element("b", `# ${this.#channel?.name ?? wanted}`), element("span", this.dataset.orgId ?? ""));
        list.replaceChildren();
        for (const message of messages.reverse()) this.#show(message);
        this.#cursor = messages.at(-1)?.id ?? this.#channel?.last_message_id ?? 0;
        problem.textContent = "";
        this.#watch(begun);
      } catch (error) {
        if (begun !== this.#begun) return;
        problem.textContent = error.message;
        this.#later(() => this.#begin());
      }
    }

    #watch(begun) {
      const url = new URL(`api/v1/chatkit/feed?after=${this.#cursor}`, home);
      url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
      const socket = new WebSocket(url);
      this.#socket = socket;
      socket.addEventListener("message", (event) => {
        const frame = JSON.parse(event.data);
        this.#attempt = 0;
        if (frame.type !== "message") return;
        this.#cursor = frame.message.id;
        if (this.#channel === null || frame.message.channel_id === this.#channel.id) this.#show(frame.message);
      });
      socket.addEventListener("close", () => {
        if (begun === this.#begun) this.#later(() => this.#watch(begun));
      });
    }

    #later(run) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(run, WAITS_MS[Math.min(this.#attempt, WAITS_MS.length - 1)]);
      this.#attempt += 1;
    }

    #show(message) {
      const { list } = this.#parts;
      const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
      const item = element("li", "", { "data-author": message.author_kind, "data-id": String(message.id) });
      const time = new Date(message.created_at).toISOString().slice(11, 19);
      item.append(element("small", `${message.author_name} ${time}Z`), document.createTextNode(plain(message.text)));
      list.append(item);
      while (KEPT < list.children.length) list.firstChild.remove();
      if (atEnd) list.scrollTop = list.scrollHeight;
    }

    async #say(input) {
      const text = input.value.trim();
      if (text === "") return;
      const { problem } = this.#parts;
      try {
        const id = [...crypto.getRandomValues(new Uint32Array(4))].map((word) => word.toString(16)).join("-");
        await this.#post("api/v1/chatkit/messages", { channel: this.#channel?.slug ?? this.#wanted(), text, client_id: id });
        input.value = "";
        problem.textContent = "";
      } catch (error) {
        problem.textContent = error.message;
      }
    }

    async #get(path) {
      const response = await fetch(new URL(path, home), { credentials: "same-origin", cache: "no-store" });
      if (response.status === 401) throw new Error("Log in to the central first.");
      if (!response.ok) throw new Error(`The chat is not available (${response.status}).`);
      return response.json();
    }

    async #post(path, body) {
      const headers = { "content-type": "application/json", ...(this.#csrf ? { "x-csrf-token": this.#csrf } : {}) };
      const response = await fetch(new URL(path, home), {
        method: "POST",
        credentials: "same-origin",
        headers,
        body: JSON.stringify(body),
      });
      const answer = await response.json().catch(() => null);
      if (!response.ok) throw new Error(typeof answer?.detail === "string" ? answer.detail : `The server refused (${response.status}).`);
      return answer;
    }
  }

  if (customElements.get("chatkit-assistant") === undefined) customElements.define("chatkit-assistant", ChatkitAssistant);
})();
