/** The way in: a log-in link's code, or a token. console.md 2.4. */
import { useEffect, useState } from "preact/hooks";
import type { LogIn, Session } from "../../../observe/contract.ts";
import { post } from "../api.ts";
import { go } from "../location.ts";
import { Command, Trouble } from "../parts/basics.tsx";
import { Logo } from "../parts/icons.tsx";
import { allowed, connect } from "../socket.ts";

export function LogInPage() {
  const [error, setError] = useState<unknown>(null);
  const [token, setToken] = useState("");
  const enter = async (by: LogIn) => {
    try {
      await post<Session>("/session", by);
      setError(null);
      allowed.value = null;
      if (location.pathname === "/login") go("/", { replace: true });
      await connect();
    } catch (problem) {
      setError(problem);
    }
  };
  useEffect(() => {
    const code = location.hash.slice(1);
    if (location.pathname !== "/login" || code === "") return;
    history.replaceState(null, "", "/login"); // the code is not to stand in the history
    void enter({ code });
  }, []);
  return (
    <main class="login" id="main">
      <h1>
        <Logo /> Verona
      </h1>
      <p>
        This console shows every connection of a federation server, so it wants to know who looks. A link that
        lets you in:
      </p>
      <Command text="verona console" />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void enter({ token: token.trim() });
        }}
      >
        <label for="token">
          or a token, from <code>data_dir/console.token</code> (operator) or <code>viewer.token</code>
        </label>
        <div class="row">
          <input
            id="token"
            class="filter"
            type="password"
            autocomplete="current-password"
            value={token}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
          <button type="submit" class="button main" disabled={token.trim() === ""}>Log in</button>
        </div>
      </form>
      {error !== null && <Trouble error={error} />}
    </main>
  );
}
