/// What runs inside a picture where scripts and styles are allowed. It adds to the still picture only.
enum Script {
    /// The style: dark colours where the reader prefers them, feedback for pointer and keyboard.
    static let style = """

        .flames .frame { cursor: pointer; outline: none; }
        .flames .frame text { pointer-events: none; }
        .flames .frame:hover rect, .flames .frame:focus rect { stroke: #1d2129; }
        .flames .caller rect { opacity: 0.55; }
        .flames .other rect { opacity: 0.3; }
        .flames .match rect { stroke: #1d2129; stroke-width: 1.2; }
        .flames .tools { display: flex; gap: 6px; justify-content: flex-end; align-items: center;
          font: 12px "DejaVu Sans", Verdana, sans-serif; color: #1d2129; }
        .flames .tools input, .flames .tools button, .flames .tools select { font: inherit; color: inherit;
          background: #f4f5f7; border: 1px solid #b9c0cc; border-radius: 4px; padding: 2px 7px; }
        .flames .tools input { width: 190px; }
        .flames .tools input.wrong { border-color: #c62828; }
        @media (prefers-color-scheme: dark) {
          :root.flames { background: #15171c; }
          .flames .page { fill: #15171c; }
          .flames .ink, .flames .tools { fill: #e8eaee; color: #e8eaee; }
          .flames .faint { fill: #a3abb8; }
          .flames .frame:hover rect, .flames .frame:focus rect, .flames .match rect { stroke: #ffffff; }
          .flames .tools input, .flames .tools button, .flames .tools select { background: #262a33;
            border-color: #4a5160; }
        }

        """

    /// The script.
    static let text = #"""
        (function () {
          "use strict";
          var svg = document.currentScript.closest("svg");
          var standsAlone = svg === document.documentElement;
          var margin = 12, row = 18, letter = 7.25;
          var inner = svg.viewBox.baseVal.width - 2 * margin;
          var top = Number(svg.dataset.top), rows = Number(svg.dataset.rows);
          var views = svg.dataset.views.split(",");
          var details = svg.querySelector(".details");
          var frames = Array.from(svg.querySelectorAll(".frame"), function (element, index) {
            var title = element.querySelector("title").textContent.split("\n");
            return {
              index: index, element: element, title: title, name: title[0],
              rect: element.querySelector("rect"), label: element.querySelector("text"),
              caller: Number(element.dataset.c), depth: 0, shown: true, matches: false,
              spans: element.dataset.s.split(";").map(function (span) { return span.split(",").map(Number); })
            };
          });
          frames.forEach(function (frame, index) {
            if (index > 0) frame.depth = frames[frame.caller].depth + 1;
          });
          var initial = {
            zoom: 0, search: "", view: Number(svg.dataset.view), icicle: svg.hasAttribute("data-icicle")
          };
          var state = Object.assign({}, initial);
          var current = 0;

          function html(name, attributes) {
            var element = document.createElementNS("http://www.w3.org/1999/xhtml", name);
            Object.keys(attributes || {}).forEach(function (key) {
              element.setAttribute(key, attributes[key]);
            });
            return element;
          }

          // The tools appear with the script, so that a still picture has none that do nothing.
          var holder = document.createElementNS("http://www.w3.org/2000/svg", "foreignObject");
          holder.setAttribute("x", margin + inner - 640);
          holder.setAttribute("y", 6);
          holder.setAttribute("width", 640);
          holder.setAttribute("height", 30);
          var tools = html("div", { class: "tools" });
          var matched = html("span", { class: "matched", "aria-live": "polite" });
          var search = html("input", {
            class: "search", type: "search", placeholder: "Search by regex  ( / )",
            "aria-label": "Search for frames by a regular expression"
          });
          var widths = html("select", { class: "view", "aria-label": "What the widths show" });
          views.forEach(function (name, index) {
            var option = html("option", { value: index });
            option.textContent = "widths: " + name;
            widths.appendChild(option);
          });
          var flip = html("button", { class: "flip", type: "button", title: "Turn the picture upside down" });
          flip.textContent = "Flip";
          var reset = html("button", { class: "reset", type: "button", title: "Show everything (Escape)" });
          reset.textContent = "Reset";
          tools.appendChild(matched);
          tools.appendChild(search);
          if (views.length > 1) tools.appendChild(widths);
          tools.appendChild(flip);
          tools.appendChild(reset);
          holder.appendChild(tools);
          svg.appendChild(holder);

          // The tools stay in sight, however high the picture is.
          function follow() {
            var page = svg.getBoundingClientRect();
            var hidden = Math.max(0, -page.top) * (inner + 2 * margin) / page.width;
            holder.setAttribute("y", 6 + hidden);
          }

          function fit(frame, width) {
            var room = Math.floor((width - 6) / letter);
            var text = room < 3 ? "" : frame.name.length <= room ? frame.name
              : frame.name.slice(0, room - 2) + "..";
            if (!text && !frame.label) return;
            if (!frame.label) {
              frame.label = document.createElementNS("http://www.w3.org/2000/svg", "text");
              frame.element.appendChild(frame.label);
            }
            frame.label.textContent = text;
          }

          function place(frame, left, width) {
            var y = top + row * (state.icicle ? frame.depth : rows - 1 - frame.depth);
            var x = margin + left * inner;
            width *= inner;
            frame.shown = width >= 0.1;
            frame.element.style.display = frame.shown ? "" : "none";
            if (!frame.shown) return;
            frame.rect.setAttribute("x", x.toFixed(2));
            frame.rect.setAttribute("y", y.toFixed(2));
            frame.rect.setAttribute("width", (width > 3 ? width - 0.6 : width).toFixed(2));
            fit(frame, width);
            if (frame.label) {
              frame.label.setAttribute("x", (x + 4).toFixed(2));
              frame.label.setAttribute("y", (y + 13).toFixed(2));
            }
          }

          function draw() {
            var focus = frames[state.zoom];
            // A frame that vanished has no width in the view after: show the nearest caller that has one.
            while (focus.index > 0 && !(focus.spans[state.view][1] > 0)) focus = frames[focus.caller];
            var start = focus.spans[state.view][0], share = focus.spans[state.view][1] || 1;
            var callers = {};
            for (var up = focus; up.index > 0; up = frames[up.caller]) callers[up.caller] = true;
            var inside = [];
            frames.forEach(function (frame, index) {
              var span = frame.spans[state.view];
              inside[index] = frame === focus || (index > 0 && inside[frame.caller] === true);
              var isCaller = callers[index] === true;
              if (isCaller) place(frame, 0, 1);
              else if (inside[index]) place(frame, (span[0] - start) / share, span[1] / share);
              else place(frame, 0, 0);
              frame.element.classList.toggle("caller", isCaller);
            });
          }

          function find() {
            var pattern = null, wrong = false;
            try {
              if (state.search) pattern = new RegExp(state.search);
            } catch (error) {
              wrong = true;
            }
            search.classList.toggle("wrong", wrong);
            var covered = [], share = 0;
            frames.forEach(function (frame, index) {
              frame.matches = pattern !== null && index > 0 && pattern.test(frame.name);
              covered[index] = frame.matches || (index > 0 && covered[frame.caller]);
              if (frame.matches && !covered[frame.caller]) share += frame.spans[state.view][1];
              frame.element.classList.toggle("match", frame.matches);
              frame.element.classList.toggle("other", pattern !== null && !frame.matches);
            });
            matched.textContent = wrong ? "not a regular expression"
              : pattern ? "matched " + (share * 100).toFixed(2) + " %" : "";
            matched.dataset.share = pattern ? share.toFixed(6) : "";
          }

          function remember() {
            if (!standsAlone) return;
            var parts = new URLSearchParams();
            if (state.zoom !== initial.zoom) parts.set("zoom", state.zoom);
            if (state.search !== initial.search) parts.set("search", state.search);
            if (state.view !== initial.view) parts.set("view", views[state.view]);
            if (state.icicle !== initial.icicle) parts.set("flip", "1");
            var hash = parts.toString();
            try {
              history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
            } catch (error) {
              // Some browsers refuse that for files; the picture works without.
            }
          }

          function recall() {
            if (!standsAlone) return;
            var parts = new URLSearchParams(location.hash.slice(1));
            var zoom = Number(parts.get("zoom"));
            state.zoom = Number.isInteger(zoom) && zoom > 0 && zoom < frames.length ? zoom : 0;
            state.search = parts.get("search") || "";
            state.view = Math.max(0, views.indexOf(parts.get("view") || views[initial.view]));
            state.icicle = initial.icicle !== (parts.get("flip") === "1");
          }

          function update() {
            search.value = state.search;
            widths.value = String(state.view);
            draw();
            find();
          }

          function change(changes) {
            Object.assign(state, changes);
            update();
            remember();
          }

          function frameOf(event) {
            var element = event.target.closest(".frame");
            return element ? frames.find(function (frame) { return frame.element === element; }) : null;
          }

          function move(to) {
            if (!to || !to.shown) return;
            current = to.index;
            to.element.setAttribute("tabindex", "-1");
            to.element.setAttribute("role", "button");
            to.element.focus();
          }

          function neighbour(frame, step) {
            var around = frames.filter(function (other) {
              return other.shown && other.index > 0 && other.depth === frame.depth;
            });
            return around[around.indexOf(frame) + step];
          }

          function firstCallee(frame) {
            return frames.find(function (other) {
              return other.index > 0 && other.caller === frame.index && other.shown;
            });
          }

          svg.addEventListener("click", function (event) {
            var frame = frameOf(event);
            if (frame) { current = frame.index; change({ zoom: frame.index }); }
          });
          ["mouseover", "focusin"].forEach(function (kind) {
            svg.addEventListener(kind, function (event) {
              var frame = frameOf(event);
              details.textContent = frame ? frame.title.join("   ") : "";
            });
          });
          search.addEventListener("input", function () { change({ search: search.value }); });
          widths.addEventListener("change", function () { change({ view: Number(widths.value) }); });
          flip.addEventListener("click", function () { change({ icicle: !state.icicle }); });
          reset.addEventListener("click", function () { change({ zoom: 0, search: "" }); });
          (standsAlone ? window : svg).addEventListener("keydown", function (event) {
            if (event.ctrlKey || event.altKey || event.metaKey) return;
            if (event.key === "Escape") { change({ zoom: 0, search: "" }); svg.focus(); return; }
            if (event.target === search || event.target === widths) return;
            var frame = frames[current];
            var outwards = state.icicle ? "ArrowUp" : "ArrowDown";
            if (event.key === "/") search.focus();
            else if (event.key === "Enter" && event.target.closest(".frame")) change({ zoom: current });
            else if (event.key === "ArrowLeft") move(neighbour(frame, -1));
            else if (event.key === "ArrowRight") move(neighbour(frame, 1));
            else if (event.key === outwards) move(frames[frame.caller]);
            else if (event.key === "ArrowUp" || event.key === "ArrowDown") move(firstCallee(frame));
            else return;
            event.preventDefault();
          });
          window.addEventListener("hashchange", function () { recall(); update(); });
          svg.setAttribute("tabindex", "0");
          recall();
          search.value = state.search;
          widths.value = String(state.view);
          // What the document shows by itself needs no drawing.
          if (JSON.stringify(state) !== JSON.stringify(initial)) update();
          if (standsAlone) {
            window.addEventListener("scroll", follow);
            window.addEventListener("resize", follow);
            // What is higher than the window opens at the foot of its stacks.
            if (!state.icicle) window.scrollTo(0, svg.getBoundingClientRect().bottom);
          }
        })();

        """#
}
