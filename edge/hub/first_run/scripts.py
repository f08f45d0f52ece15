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
    // Only where the page itself answers: a browser that could not load it would stay on a page of its own.
    if (answer.status === 401 && (await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(60000) })).ok) {
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
let grid = [1, 1];
let sizes = [];
part.hidden = false;
button.addEventListener("click", () => (stop ? stop.abort() : look()));
function say(...texts) {
  const text = texts.join(" ");
  if (said.textContent !== text) said.textContent = text; // or a screen reader reads it again
}
function draw(seen) {
  const [wide, high] = seen.shape.split(":").map(Number);
  const height = Math.round((160 * high) / wide);
  view.setAttribute("viewBox", `0 0 160 ${height}`);
  view.replaceChildren(...seen.faces.map((face) => {
    const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const size = sizes[face.size] * 160;
    box.setAttribute("x", ((face.column + 0.5) * 160) / grid[0] - size / 2);
    box.setAttribute("y", ((face.row + 0.5) * height) / grid[1] - size / 2);
    box.setAttribute("width", size);
    box.setAttribute("height", size);
    box.setAttribute("class", face.counted ? "counted" : "small");
    return box;
  }));
  view.removeAttribute("hidden");
}
function show(message) {
  if (message.grid) ({ grid, sizes } = message);
  const texts = part.dataset;
  if (message.state !== "seen") return say(texts[message.state]);
  if (message.problem) return say(texts[`problem_${message.problem.toLowerCase()}`] || texts.problem);
  draw(message);
  const why = message.hidden.map((name) => texts[`hidden_${name}`]);
  if (message.perhaps) why.push(texts[`perhaps_${message.perhaps}`]);
  if (message.people) why.push(texts.seen.replace("{faces}", message.people).replace("{small}", message.small));
  say(...(why.length ? why : [texts.nobody]));
}
async function look() {
  if (!code.reportValidity()) return; // an empty code would be one of the ten tries
  stop = new AbortController();
  button.textContent = part.dataset.stop;
  say(part.dataset.starting);
  try {
    const body = new URLSearchParams({ code: code.value });
    const answer = await fetch("/camera", { method: "POST", body, cache: "no-store", signal: stop.signal });
    if (answer.ok) await read(answer.body.getReader());
    else say(part.dataset[{ 403: "code", 410: "dead" }[answer.status] || "failed"]);
  } catch (error) {
    say(error.name === "AbortError" ? "" : part.dataset.failed);
  } finally {
    stop.abort(); // whatever happened: this closes the camera
    stop = null;
    button.textContent = part.dataset.look;
    view.setAttribute("hidden", "");
  }
}
async function read(reader) {
  const text = new TextDecoder();
  for (let rest = "", next = await reader.read(); !next.done; next = await reader.read()) {
    const lines = (rest + text.decode(next.value, { stream: true })).split("\\n");
    rest = lines.pop();
    lines.forEach((line) => show(JSON.parse(line)));
  }
}
"""
