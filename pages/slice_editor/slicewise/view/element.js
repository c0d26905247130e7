/** A new element with properties, such as `className` or `textContent`. */
export function element(name, properties = {}) {
  return Object.assign(document.createElement(name), properties);
}
