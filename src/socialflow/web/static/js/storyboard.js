// Storyboards: WebVTT whose cues point into a sprite of small pictures.

/** Parse a WebVTT storyboard into {start, end, src, x, y, w, h} rows. */
export function parseStoryboard(text, base) {
  const seconds = (stamp) => stamp.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  const rows = [];
  for (const [, from, to, target] of text.matchAll(/([\d:.]+)\s+-->\s+([\d:.]+)[^\n]*\n(\S+)/g)) {
    const [src, box] = target.split("#xywh=");
    const [x, y, w, h] = (box ?? "0,0,0,0").split(",").map(Number);
    rows.push({ start: seconds(from), end: seconds(to), src: new URL(src, base).href, x, y, w, h });
  }
  return rows;
}
