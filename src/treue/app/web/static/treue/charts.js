// Lets the charts of a page answer the pointer. Without it, or where anything goes wrong, each chart stays the
// drawing that the page came with; the table of its numbers is there in any case.
const library = document.querySelector("script[data-library]").dataset.library;
let embedding = null;

function embedder() {
  embedding ??= import(library).then((module) => module.default);
  return embedding;
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
    live.setAttribute("role", "img");
    live.setAttribute("aria-label", still.getAttribute("aria-label"));
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
  }
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    enliven(target).catch((error) => console.debug("chart stays as it is", error));
  }
}, { rootMargin: "200px" });
document.querySelectorAll("figure[data-chart]").forEach((figure) => seen.observe(figure));
