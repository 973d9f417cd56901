// While somebody is typed in, who may be recorded already. Without this file the
// button “Look for them first” shows the same.
const PAUSE = 400;
const LOOKED_AT = new Set(["name", "aliases", "date_of_birth", "birth_year", "age", "dog_name", "seen"]);
const form = document.querySelector("form[data-likely]");
const place = document.getElementById("likely");
let waiting;
let asking;

async function look() {
  asking?.abort();
  asking = new AbortController();
  const body = new FormData(form);
  for (const apart of ["idempotency_key", "sure", "look"]) body.delete(apart);
  try {
    const answer = await fetch(form.dataset.likely, {
      method: "POST",
      body: new URLSearchParams(body),
      redirect: "manual",
      signal: asking.signal,
    });
    if (answer.ok) show(await answer.text());
  } catch {
    // Whoever types is not disturbed: saving looks once more.
  }
}

// What stays the same stays in its place, so that nothing is read out twice.
function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  const status = place.querySelector("[role=status]");
  const told = fresh.querySelector("[role=status]");
  if (status.textContent.trim() !== told.textContent.trim()) status.innerHTML = told.innerHTML;
  const list = place.querySelector("ul");
  const people = fresh.querySelector("ul");
  if (list.innerHTML !== people.innerHTML && !list.contains(document.activeElement)) list.replaceWith(people);
}

form.addEventListener("input", (event) => {
  if (!LOOKED_AT.has(event.target.name)) return;
  clearTimeout(waiting);
  waiting = setTimeout(look, PAUSE);
});
form.addEventListener("submit", () => {
  clearTimeout(waiting);
  asking?.abort();
});
if (form.elements.name.value.trim() && !place.querySelector("li")) look();
