// What somebody is in the middle of: typed, ticked, unfolded, focused. A page that is drawn anew under
// his hands gives it back.

const ticks = (field) => field.type === "checkbox" || field.type === "radio";

function touched(field) {
  if (!field.name) return false;
  if (ticks(field)) return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") {
    return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  }
  return field.value !== field.defaultValue;
}

/** Names a field of any drawing of the page. */
function nameOf(field) {
  const form = field.form && field.form.dataset.form;
  return JSON.stringify([form || "", field.name || field.type, ticks(field) ? field.value : ""]);
}
const fieldsOf = (main) => [...main.querySelectorAll("input, select, textarea, button")];

function focused(main) {
  const at = document.activeElement;
  if (!main.contains(at) || at === main) return null;
  if (at.href) {
    const nth = [...main.querySelectorAll("a")].filter((link) => link.href === at.href).indexOf(at);
    return (page) => [...page.querySelectorAll("a")].filter((link) => link.href === at.href)[nth];
  }
  if (at.tagName === "SUMMARY") return (page) => page.querySelector(`details[data-fold="${CSS.escape(at.parentNode.dataset.fold)}"] > summary`);
  const name = nameOf(at);
  return (page) => fieldsOf(page).find((field) => nameOf(field) === name);
}

/** Takes note of it; the function it returns gives it back, and returns the forms that somebody is
 *  filling in, each with whether it was refused because of what others did. */
export function keep(main) {
  const typed = new Map(fieldsOf(main).filter(touched).map((field) => [nameOf(field), ticks(field) ? field.checked : field.value]));
  const filling = new Set(fieldsOf(main).filter((field) => touched(field) && field.form).map((field) => field.form.dataset.form));
  const stale = new Set([...main.querySelectorAll("form[data-stale]")].map((form) => form.dataset.form));
  const said = new Map([...main.querySelectorAll("form[data-form]")].map((form) => [form.dataset.form, form.querySelector("[role=alert]").textContent]));
  const folds = new Map([...main.querySelectorAll("details")].map((one) => [one.dataset.fold, one.open]));
  const find = focused(main);
  const caret = find && /^(text|search)$|^textarea$/.test(document.activeElement.type) ? [document.activeElement.selectionStart, document.activeElement.selectionEnd] : null;
  const [x, y] = [window.scrollX, window.scrollY];
  return () => {
    for (const one of main.querySelectorAll("details")) one.open = folds.get(one.dataset.fold) ?? one.open;
    for (const field of fieldsOf(main)) {
      if (!typed.has(nameOf(field))) continue;
      if (ticks(field)) field.checked = typed.get(nameOf(field));
      else field.value = typed.get(nameOf(field));
    }
    for (const form of main.querySelectorAll("form[data-form]")) form.querySelector("[role=alert]").textContent = said.get(form.dataset.form) || "";
    const target = find && find(main);
    if (target) {
      target.focus({ preventScroll: true });
      if (caret && target.setSelectionRange) target.setSelectionRange(...caret);
    }
    window.scrollTo(x, y);
    return [...main.querySelectorAll("form[data-form]")].map((form) => ({ form, stale: stale.has(form.dataset.form) }))
      .filter((one) => one.stale || filling.has(one.form.dataset.form));
  };
}
