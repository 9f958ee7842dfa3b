/** The page's icons: 24-unit outlines drawn for this product, hidden from screen readers (the words beside them speak). */

const PATHS = {
  person: ['M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z', 'M4.5 20c.8-3.7 3.8-5.5 7.5-5.5s6.700 1.800 7.500 5.500'],
  robot: ['M6 8.500h12a1.500 1.500 0 0 1 1.500 1.500v7a2 2 0 0 1-2 2h-11a2 2 0 0 1-2-2v-7A1.500 1.500 0 0 1 6 8.500Z', 'M12 8.500V5', 'M9 13v1.500M15 13v1.500', 'M12 5h.01'],
  headset: ['M4.500 14v-2a7.500 7.500 0 0 1 15 0v2', 'M4.500 13.500h2.500v5H6a1.500 1.500 0 0 1-1.500-1.500v-3.500ZM19.500 13.500H17v5h1a1.500 1.500 0 0 0 1.500-1.500v-3.500Z', 'M17.500 18.500c-.5 1.500-2 2-4 2'],
  chat: ['M5 5h14a1.500 1.500 0 0 1 1.500 1.500v9A1.500 1.500 0 0 1 19 17h-7l-4.500 3.500V17H5a1.500 1.500 0 0 1-1.500-1.500v-9A1.500 1.500 0 0 1 5 5Z', 'M8 9.500h8M8 12.500h5'],
  attach: ['M19 11.500 12 18.500a4.500 4.500 0 0 1-6.400-6.400l7.400-7.400a3 3 0 0 1 4.300 4.300l-7.300 7.300a1.500 1.500 0 0 1-2.200-2.200l6.200-6.200'],
  send: ['M4 12 20 4.500 15.500 20l-4-6.500L4 12Z', 'M11.500 13.500 20 4.500'],
  close: ['M6 6l12 12M18 6 6 18'],
  minimise: ['M6 9.500l6 6 6-6'],
  more: ['M5.500 12h.01M12 12h.01M18.500 12h.01'],
  expand: ['M14 4.500h5.500V10', 'M19.500 4.500 13 11', 'M10 4.500H6A1.500 1.500 0 0 0 4.500 6v12A1.500 1.500 0 0 0 6 19.500h12a1.500 1.500 0 0 0 1.500-1.500v-4'],
  file: ['M7 3.500h7l4.500 4.500v11a1.500 1.500 0 0 1-1.500 1.500H7A1.500 1.500 0 0 1 5.500 19V5A1.500 1.500 0 0 1 7 3.500Z', 'M13.500 3.500V8.500h5'],
  download: ['M12 4v11', 'M7 10.500l5 5 5-5', 'M5 19.500h14'],
  screen: ['M4 5h16a1 1 0 0 1 1 1v9.500a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1Z', 'M9 20h6M12 16.500V20'],
  shield: ['M12 3.500l7 2.500v5.500c0 4.300-2.900 7.600-7 9-4.100-1.400-7-4.700-7-9V6l7-2.500Z', 'M9 12l2.200 2.200L15.200 10'],
  warning: ['M12 4.500 21 19.500H3L12 4.500Z', 'M12 10v4.500M12 17h.01'],
  check: ['M5 12.500l4.500 4.500L19 7.500'],
  down: ['M12 5v13M6.500 12.500 12 18l5.500-5.500'],
  page: ['M4.500 5h15v14h-15z', 'M4.500 9h15', 'M7.500 12.500h5M7.500 15.500h8'],
}

/** Return an icon as an SVG element. */
export function icon(name) {
  const svg = svgElement('svg', { viewBox: '0 0 24 24', class: `icon icon-${name}`, 'aria-hidden': 'true', focusable: 'false' })
  svg.append(...PATHS[name].map((d) => svgElement('path', { d })))
  return svg
}

function svgElement(tag, attributes) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  return element
}
