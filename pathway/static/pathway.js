// Small comforts on top of pages that work without: a countdown, a board that
// looks again by itself, and buttons that cannot be tapped twice.

const EVERY_SECOND = 1000;
const LOOK_AGAIN = 20000;

// The server's clock counts, not the phone's, which may be days wrong.
const ahead = Date.parse(document.documentElement.dataset.now) - Date.now();

function countDown() {
  for (const place of document.querySelectorAll("[data-until]")) {
    const left = Math.ceil((Date.parse(place.dataset.until) - Date.now() - ahead) / 1000);
    if (left <= 0) {
      place.textContent = "Lapsed. The bed counts as free.";
    } else {
      const seconds = String(left % 60).padStart(2, "0");
      place.textContent = `${Math.floor(left / 60)}:${seconds} left`;
    }
  }
}

// Nobody loses what they are about to press: only a form in use waits.
function isFilling(place) {
  const active = document.activeElement;
  return place.contains(active) && active.closest("form") !== null;
}

function replaceKeepingFocus(place, fresh) {
  const active = document.activeElement;
  const href = place.contains(active) ? active.getAttribute("href") : null;
  place.innerHTML = fresh.innerHTML;
  if (href) place.querySelector(`[href="${CSS.escape(href)}"]`)?.focus({ preventScroll: true });
}

// A page that says the same stays as it is: a screen reader keeps its place.
const KEYS = /name="(csrf_token|idempotency_key|device_at)" value="[^"]*"/g;
const said = (place) => place.innerHTML.replace(KEYS, "");
const polled = document.querySelector("[data-poll]");
let last = polled && said(polled);

async function lookAgain() {
  const place = document.querySelector("[data-poll]");
  if (!place || document.hidden || isFilling(place)) return;
  try {
    const answer = await fetch(place.dataset.poll, {
      cache: "no-cache",
      redirect: "manual",
      headers: { "X-Poll": "yes" },
    });
    if (answer.type === "opaqueredirect") {
      sayAge("You are signed out. Load the page again to sign in.");
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-poll]");
    if (fresh && said(fresh) !== last) {
      last = said(fresh);
      replaceKeepingFocus(place, fresh);
      countDown();
    }
    sayAge("");
    const counted = document.querySelector("[data-board]");
    const at = Date.parse(answer.headers.get("date"));
    if (counted && at) counted.textContent = new Date(at).toLocaleTimeString("en-GB", { timeZone: "Europe/London", hour: "2-digit", minute: "2-digit" });
  } catch {
    sayAge("Nothing new could be fetched. This is what was known at the time shown. Ring to be sure.");
  }
}

function sayAge(words) {
  let note = document.getElementById("connection");
  if (!note) {
    note = document.createElement("p");
    note.id = "connection";
    note.setAttribute("role", "status");
    note.className = "govuk-body govuk-!-font-weight-bold";
    document.querySelector("h1").after(note);
  }
  if (note.textContent !== words) note.textContent = words;
}

document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
  // What the phone takes for now is kept beside the server's time, and never counted with.
  const clock = event.target.querySelector('[name="device_at"]');
  if (clock) clock.value = new Date().toISOString();
});
window.addEventListener("pageshow", (event) => {
  // A shared screen never shows again what a browser kept of it.
  if (event.persisted && document.querySelector("form[data-hide]")) location.reload();
  for (const form of document.forms) delete form.dataset.sent;
});

// A shared screen hides itself when nobody has touched it for a while. Whoever
// needs longer is told in time, and one key or touch is enough.
const HIDE_AFTER = 180000;
const WARN_BEFORE = 30000;
const hide = document.querySelector("form[data-hide]");
if (hide) {
  const warning = document.createElement("p");
  warning.setAttribute("role", "status");
  warning.className = "govuk-body govuk-!-font-weight-bold";
  document.querySelector("h1").after(warning);
  let timers = [];
  const begin = () => {
    timers.forEach(clearTimeout);
    if (warning.textContent) warning.textContent = "";
    timers = [
      setTimeout(() => { warning.textContent = "This screen hides itself in half a minute. Touch it or press a key to go on."; }, HIDE_AFTER - WARN_BEFORE),
      setTimeout(() => hide.requestSubmit(), HIDE_AFTER),
    ];
  };
  for (const touch of ["pointerdown", "keydown", "scroll"]) {
    document.addEventListener(touch, begin, { passive: true });
  }
  begin();
}

// Where the phone is, on request. Rounded here already: about 100 metres find a spot again.
const DECIMALS = 3;
for (const place of navigator.geolocation ? document.querySelectorAll("[data-locate]") : []) {
  const [lat, lon] = ["lat", "lon"].map((name) => place.querySelector(`[name="${name}"]`));
  const told = place.querySelector("[role=status]");
  place.hidden = false;
  place.querySelector("button").addEventListener("click", () => {
    told.textContent = "Looking for your location.";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        lat.value = coords.latitude.toFixed(DECIMALS);
        lon.value = coords.longitude.toFixed(DECIMALS);
        told.textContent = "Your location goes along, to about 100 metres.";
      },
      () => { told.textContent = "Your location could not be found. Write the place instead."; },
      { timeout: 15000, maximumAge: 60000 },
    );
  });
}

document.documentElement.classList.add("js");
document.querySelector(".govuk-error-summary")?.setAttribute("tabindex", "-1");
document.querySelector(".govuk-error-summary")?.focus();
countDown();
setInterval(countDown, EVERY_SECOND);
setInterval(lookAgain, LOOK_AGAIN);
