// The kind of chart that a view wants.
import { HeatPlot } from "./heat.js";
import { LinePlot } from "./plot.js";
import { StripPlot } from "./strip.js";

/** @typedef {LinePlot | HeatPlot | StripPlot} Plot */

/** @param {import("./cards.js").View<any>} view */
export function plotOf(view) {
  return view.rows ? HeatPlot : view.states ? StripPlot : LinePlot;
}
