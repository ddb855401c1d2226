// The browser's side of the login: leaves for the login page in time, and draws "Log out".
import { leave, watch } from "./watch.js";

const mounted = new WeakMap();

function draw(root, username) {
  const name = root.querySelector('[data-testid="user-name"]');
  name.textContent = username ?? "";
  name.title = username ? `Logged in as ${username}` : "";
}

function build(root) {
  const stop = watch();
  const button = root.querySelector('[data-testid="logout"]');
  const press = () => logOut(button);
  button.addEventListener("click", press);
  return () => {
    stop();
    button.removeEventListener("click", press);
  };
}

async function logOut(button) {
  button.disabled = true;
  const response = await fetch("/api/auth/logout", { method: "POST" }).catch(() => null);
  // 401 says that the session is over already, which is what was asked for.
  if (response?.ok || response?.status === 401) return leave("logout");
  button.disabled = false;
  button.textContent = "Not logged out: try again";
}

export function mount({ parentElement, data }) {
  if (data?.over) leave("expired");
  draw(parentElement, data?.username);
  const instance = mounted.get(parentElement) ?? { stop: build(parentElement) };
  const call = (instance.call = {});
  mounted.set(parentElement, instance);
  // Streamlit calls again on every rerun; only the clean-up of the last call ends the instance.
  return () => {
    if (instance.call !== call) return;
    instance.stop();
    mounted.delete(parentElement);
  };
}
