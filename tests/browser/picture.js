// A picture of a page, and whether it shows the same page as another one. The comparison is loose: fonts differ between machines, and
// times and ids between runs.

/** The size of the thumbnails that are compared: a column is some letters wide, and a line of text is some rows high. */
const COLUMNS = 32;
const ROW_HEIGHT = 6;
/** How many rows are compared at once, by their mean colour: two or three lines of text, wherever between them the letters are. */
const BLOCK = 9;
/** How many rows a block may have moved up or down: three lines of text. */
const SHIFT = 12;
/** How much the sizes may differ. */
const SIZE = 0.15;
/**
 * How much of what is to be seen may be missing or new: 0 is the same picture; a blank page misses 1. A line more is 0.03, a much wider
 * font 0.08, and a page without its time lines 0.19.
 */
const CONTENT = 0.12;

/** Decodes and shrinks a picture in an empty page: a browser can do both, and the Studio's policy allows no such picture. */
export async function readPicture(context, png) {
  const page = await context.newPage();
  const { width, height, colours } = await page.evaluate(
    async ([data, columns, rowHeight]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const rows = Math.round(image.height / rowHeight);
      const canvas = new OffscreenCanvas(columns, rows).getContext("2d");
      canvas.imageSmoothingQuality = "high";
      canvas.drawImage(image, 0, 0, columns, rows);
      // Red, green, blue and alpha of each point.
      const colours = [...canvas.getImageData(0, 0, columns, rows).data];
      return { width: image.width, height: image.height, colours };
    },
    [png.toString("base64"), COLUMNS, ROW_HEIGHT],
  );
  await page.close();
  const rows = cut(cut(colours, 4), COLUMNS);
  // The last corner is beside the content.
  return { width, height, blocks: blocks(rows), ground: colours.slice(-4) };
}

/** Why this is not a picture of the same page; `undefined` if it may be. */
export function difference(picture, expected) {
  const isFar = (now, before) => Math.abs(now / before - 1) > SIZE;
  if (isFar(picture.width, expected.width) || isFar(picture.height, expected.height)) {
    return `the size is ${picture.width} × ${picture.height} in place of ${expected.width} × ${expected.height}`;
  }
  const empty = { blocks: expected.blocks.map((row) => row.map(() => expected.ground)) };
  const content = missing(expected, empty);
  const share = Math.max(missing(expected, picture), missing(picture, expected)) / content;
  return share > CONTENT ? `${share.toFixed(2)} of the content differs; ${CONTENT} may` : undefined;
}

/** For each row and column, the mean colour of the block that begins there. */
function blocks(rows) {
  const mean = (column, start) =>
    [0, 1, 2, 3].map((part) => {
      const sum = rows.slice(start, start + BLOCK).reduce((sum, row) => sum + row[column][part], 0);
      return sum / BLOCK;
    });
  return rows.slice(BLOCK - 1).map((_, start) => rows[start].map((_, column) => mean(column, start)));
}

/** How far the blocks of a picture are from the most similar ones near their places in another picture. */
function missing(picture, other) {
  let sum = 0;
  for (let start = 0; start < picture.blocks.length; start += BLOCK) {
    const near = other.blocks.slice(Math.max(0, start - SHIFT), start + SHIFT + 1);
    picture.blocks[start].forEach((block, column) => {
      sum += Math.min(...near.map((row) => distance(block, row[column])));
    });
  }
  return sum;
}

function distance(one, other) {
  return one.reduce((sum, colour, part) => sum + Math.abs(colour - other[part]), 0);
}

function cut(list, length) {
  return Array.from({ length: list.length / length }, (_, place) =>
    list.slice(place * length, (place + 1) * length),
  );
}
