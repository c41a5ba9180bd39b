// A picture of a page, and whether it shows the same page as another one. The comparison is loose: fonts differ between machines, and
// times and ids between runs.

/** The size of the thumbnails that are compared: about a line of text is one row. */
const COLUMNS = 24;
const ROWS = 40;
/** How much the sizes may differ. */
const SIZE = 0.15;
/**
 * How much of what is to be seen may differ: 0 is the same picture; a blank page is 1. A line more, which moves all that follows, is 0.4.
 */
const CONTENT = 0.75;

/** Decodes and shrinks a picture in an empty page: a browser can do both, and the Studio's policy allows no such picture. */
export async function readPicture(context, png) {
  const page = await context.newPage();
  const picture = await page.evaluate(
    async ([data, columns, rows]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = new OffscreenCanvas(columns, rows).getContext("2d");
      canvas.imageSmoothingQuality = "high";
      canvas.drawImage(image, 0, 0, columns, rows);
      // Red, green, blue and alpha of each point.
      const colours = [...canvas.getImageData(0, 0, columns, rows).data];
      return { width: image.width, height: image.height, colours };
    },
    [png.toString("base64"), COLUMNS, ROWS],
  );
  await page.close();
  return picture;
}

/** Why this is not a picture of the same page; `undefined` if it may be. */
export function difference(picture, expected) {
  const isFar = (now, before) => Math.abs(now / before - 1) > SIZE;
  if (isFar(picture.width, expected.width) || isFar(picture.height, expected.height)) {
    return `the size is ${picture.width} × ${picture.height} in place of ${expected.width} × ${expected.height}`;
  }
  const share = changedShare(picture.colours, expected.colours);
  return share > CONTENT ? `${share.toFixed(2)} of the content differs; ${CONTENT} may` : undefined;
}

/** The distance between the pictures, compared with that between the expected one and an empty page of its ground's colour. */
function changedShare(colours, expected) {
  // The last corner is beside the content.
  const ground = expected.slice(-4);
  const empty = expected.map((_, place) => ground[place % ground.length]);
  return distance(colours, expected) / distance(empty, expected);
}

function distance(one, other) {
  return one.reduce((sum, colour, place) => sum + Math.abs(colour - other[place]), 0);
}
