function toggleTheme() {
  var root = document.documentElement;
  var dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : window.matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
}

function countWords(text) {
  var words = text.value.trim().split(/\s+/).filter(Boolean).length;
  document.getElementById("words").textContent = words + (words === 1 ? " word" : " words");
}
