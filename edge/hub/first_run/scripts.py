"""What the set-up page does in a browser; without it the form works, and the camera is not shown."""

FILL_IN = """
"use strict";
const code = document.getElementById("code");
if (location.hash.length > 1 && !code.value) code.value = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, "", location.pathname + location.search);
const zone = document.getElementById("time_zone");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (!zone.dataset.said && [...zone.options].some((each) => each.value === own)) zone.value = own;
"""
WAIT = """
"use strict";
const began = Date.now();
async function look() {
  try {
    const answer = await fetch("/api/v1/session", { cache: "no-store", signal: AbortSignal.timeout(5000) });
    if (answer.status === 401) {
      location.replace("/");
      return; // another call would begin a slow page anew, each time
    }
  } catch {}
  if (Date.now() - began > 900000) document.getElementById("late").hidden = false;
  setTimeout(look, 2000);
}
look();
"""
CAMERA = """
"use strict";
const part = document.getElementById("camera");
const button = document.getElementById("look");
const view = document.getElementById("view");
const said = document.getElementById("seen");
let stop = null;
part.hidden = false;
button.addEventListener("click", () => (stop ? stop.abort() : look()));
function say(name, faces) {
  const small = faces ? faces.filter((face) => !face.counted).length : 0;
  const text = part.dataset[name] || "";
  said.textContent = text.replace("{faces}", faces ? faces.length : 0).replace("{small}", small);
}
function draw(seen) {
  const [wide, high] = seen.shape.split(":").map(Number);
  const height = Math.round((160 * high) / wide);
  view.setAttribute("viewBox", `0 0 160 ${height}`);
  view.replaceChildren(...seen.faces.map((face) => {
    const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const size = seen.sizes[face.size] * 160;
    box.setAttribute("x", ((face.column + 0.5) * 160) / seen.grid[0] - size / 2);
    box.setAttribute("y", ((face.row + 0.5) * height) / seen.grid[1] - size / 2);
    box.setAttribute("width", size);
    box.setAttribute("height", size);
    box.setAttribute("class", face.counted ? "counted" : "small");
    return box;
  }));
  view.removeAttribute("hidden");
}
function show(message) {
  if (message.state !== "seen") return say(message.state);
  if (message.problem) {
    const name = `problem_${message.problem.toLowerCase()}`;
    return say(name in part.dataset ? name : "problem");
  }
  draw(message);
  const hidden = message.picture.map((name) => `hidden_${name}`).find((name) => part.dataset[name]);
  say(hidden || (message.faces.length ? "seen" : "nobody"), message.faces);
}
async function look() {
  stop = new AbortController();
  button.textContent = part.dataset.stop;
  say("starting");
  try {
    const body = new URLSearchParams({ code: document.getElementById("code").value });
    const answer = await fetch("/camera", { method: "POST", body, cache: "no-store", signal: stop.signal });
    if (!answer.ok) throw new Error("code");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = "", read = await reader.read(); !read.done; read = await reader.read()) {
      const lines = (rest + read.value).split("\\n");
      rest = lines.pop();
      lines.forEach((line) => show(JSON.parse(line)));
    }
  } catch (error) {
    say(error.name === "AbortError" ? "" : error.message === "code" ? "code" : "failed");
  }
  stop = null;
  button.textContent = part.dataset.look;
  view.setAttribute("hidden", "");
}
"""
