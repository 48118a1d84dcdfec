// Lets the charts of a page answer the pointer and the arrow keys. Without it, or where anything goes wrong, each
// chart stays the drawing that the page came with; the table of its numbers is there in any case.
const library = document.querySelector("script[data-library]").dataset.library;
let embedding = null;

function embedder() {
  embedding ??= import(library).then((module) => module.default);
  return embedding;
}

// One line beside the place that the keys have come to; the pointer has Vega's own.
const note = document.createElement("div");
note.className = "told";
note.hidden = true;
note.setAttribute("aria-hidden", "true"); // whoever hears the page hears the chart's own value
document.body.append(note);

const middle = (mark) => {
  const box = mark.getBoundingClientRect();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2, top: box.y, bottom: box.bottom };
};

// The next place above or below: the nearest one that lies in that direction.
function beside(places, now, sign) {
  const here = middle(places[now].mark);
  let found = now, least = Infinity;
  places.forEach(({ mark }, number) => {
    const there = middle(mark);
    const down = sign * (there.y - here.y);
    const away = down + 3 * Math.abs(there.x - here.x);
    if (down > 2 && away < least) [found, least] = [number, away];
  });
  return found;
}

// Makes a drawing a thing of many values, of which arrow keys choose one: it is said, marked and written beside it.
function readable(holder, label, places) {
  if (!places.length) return;
  let now = 0;
  const set = (name, value) => holder.setAttribute(name, value);
  const show = () => {
    places.forEach(({ mark }, number) => mark.classList.toggle("pointed", number === now));
    const { x, top, bottom } = middle(places[now].mark);
    note.textContent = places[now].told;
    note.hidden = false;
    const { width, height } = note.getBoundingClientRect();
    const room = document.documentElement.clientWidth;
    note.style.left = `${Math.max(4, Math.min(x - width / 2, room - width - 4))}px`;
    note.style.top = `${top > height + 8 ? top - height - 6 : Math.min(bottom + 6, innerHeight - height - 4)}px`;
  };
  const choose = (number) => {
    now = Math.max(0, Math.min(number, places.length - 1));
    set("aria-valuenow", now + 1);
    set("aria-valuetext", places[now].told);
  };
  const hide = () => {
    note.hidden = true;
    places.forEach(({ mark }) => mark.classList.remove("pointed"));
  };
  set("role", "slider");
  set("tabindex", "0");
  set("aria-label", label);
  set("aria-valuemin", 1);
  set("aria-valuemax", places.length);
  holder.classList.add("readable");
  choose(0);
  holder.addEventListener("focus", () => holder.matches(":focus-visible") && show());
  holder.addEventListener("blur", hide);
  holder.addEventListener("keydown", (event) => {
    const steps = {
      ArrowRight: () => now + 1,
      ArrowLeft: () => now - 1,
      ArrowUp: () => beside(places, now, -1),
      ArrowDown: () => beside(places, now, 1),
      Home: () => 0,
      End: () => places.length - 1,
      Escape: null,
    };
    if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return hide();
    event.preventDefault();
    choose(steps[event.key]());
    show();
  });
  addEventListener("scroll", hide, { passive: true });
}

async function enliven(figure) {
  const answer = await fetch(figure.dataset.chart, { credentials: "same-origin" });
  if (!answer.ok) return;
  // Vega measures words before it places them, and has to know the letters of the page for that.
  const letters = JSON.stringify(getComputedStyle(figure).fontFamily);
  const specs = JSON.parse((await answer.text()).replaceAll('"inherit"', () => letters));
  const embed = await embedder();
  for (const size of ["wide", "narrow"]) {
    const still = figure.querySelector(`.${size} > svg`);
    if (!still || !specs[size]) continue;
    const live = document.createElement("div");
    live.className = "live";
    await embed(live, specs[size], {
      ast: true, // no text is run as a program
      renderer: "svg",
      actions: false,
      defaultStyle: false,
      tooltip: { disableDefaultStyle: true },
    });
    const drawn = live.querySelector("svg");
    drawn.removeAttribute("width");
    drawn.removeAttribute("height");
    drawn.setAttribute("aria-hidden", "true"); // what it shows is said around it
    still.parentElement.append(live);
    still.classList.add("still");
    still.setAttribute("aria-hidden", "true");
    const marks = [...live.querySelectorAll('[class*="pointer_marks"] > *')].filter((mark) => mark.__data__?.datum?.told);
    readable(live, still.getAttribute("aria-label"), marks.map((mark) => ({ mark, told: mark.__data__.datum.told })));
  }
}

// The stair of the ladder is no Vega drawing: its steps say themselves what they are.
for (const stair of document.querySelectorAll("figure.chart svg.stair")) {
  const steps = [...stair.querySelectorAll("[data-told]")];
  if (!steps.length) continue;
  readable(stair.parentElement, stair.getAttribute("aria-label"), steps.map((mark) => ({ mark, told: mark.dataset.told })));
  stair.setAttribute("aria-hidden", "true");
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    enliven(target).catch((error) => console.debug("chart stays as it is", error));
  }
}, { rootMargin: "200px" });
document.querySelectorAll("figure[data-chart]").forEach((figure) => seen.observe(figure));
