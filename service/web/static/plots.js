"use strict";
// Draws the figures with Plotly in the colours of the page. Without it, the tables beneath say the same.
function coloured(value, style) {
  if (typeof value === "string" && value.startsWith("var(")) return style.getPropertyValue(value.slice(4, -1)).trim();
  if (Array.isArray(value)) return value.map((one) => coloured(one, style));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, coloured(one, style)]));
  }
  return value;
}

function axis(given, style) {
  const line = style.getPropertyValue("--line").trim();
  return { gridcolor: line, linecolor: line, zerolinecolor: line, automargin: true, fixedrange: false, ...given };
}

function draw(figure) {
  const canvas = figure.querySelector(".canvas");
  const style = getComputedStyle(document.documentElement);
  const { data, layout } = coloured(JSON.parse(figure.querySelector("script").textContent), style);
  const axes = Object.keys(layout).filter((name) => /^[xy]axis/.test(name));
  Plotly.react(
    canvas,
    data,
    {
      ...layout,
      ...Object.fromEntries(axes.map((name) => [name, axis(layout[name], style)])),
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: style.getPropertyValue("--text").trim() },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { bgcolor: style.getPropertyValue("--surface").trim() },
      margin: { l: 48, r: 48, t: 8, b: 32 },
      height: layout.height ?? 320,
    },
    { responsive: true, displayModeBar: false, scrollZoom: layout.dragmode === "pan" },
  );
}

for (const figure of document.querySelectorAll("figure.plot")) {
  draw(figure);
  document.addEventListener("theme", () => draw(figure));
  figure.querySelector(".canvas").on("plotly_click", ({ points }) => {
    const address = points[0].customdata?.[0];
    if (address?.startsWith("/threads/")) location.assign(address);
  });
  figure.querySelector("details")?.removeAttribute("open");
  figure.querySelector(".tools").hidden = false;
  for (const button of figure.querySelectorAll("[data-save]")) {
    button.addEventListener("click", () => {
      const filename = "forumlens-" + document.title.replace(/[^\w]+/g, "-").toLowerCase();
      Plotly.downloadImage(figure.querySelector(".canvas"), { format: button.dataset.save, filename, width: 1200, height: 480 });
    });
  }
}
