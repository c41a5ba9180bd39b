//! A loose comparison of pictures: fonts differ between machines, and times and ids between runs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::browser::Browser;

/// The size of the thumbnails that are compared: about a line of text is one row.
const COLUMNS: usize = 24;
const ROWS: usize = 40;
/// How much the sizes may differ.
const SIZE: f64 = 0.15;
/// How much of what is to be seen may differ: 0 is the same picture; a blank page is 1. A line more, which moves all that follows, is
/// 0.4.
const CONTENT: f64 = 0.75;

/// A picture, and its thumbnail's colours: red, green, blue and alpha of each point.
pub struct Picture {
    pub png: Vec<u8>,
    width: f64,
    height: f64,
    colours: Vec<f64>,
}

impl Picture {
    /// Why this is not a picture of the same page; `None` if it may be.
    pub fn difference(&self, expected: &Self) -> Option<String> {
        let (width, height) = (self.width / expected.width, self.height / expected.height);
        if (width - 1.0).abs() > SIZE || (height - 1.0).abs() > SIZE {
            let (before, now) = ((expected.width, expected.height), (self.width, self.height));
            return Some(format!("the size is {now:?} in place of {before:?}"));
        }
        let share = self.changed_share(expected);
        (share > CONTENT).then(|| format!("{share:.2} of the content differs; {CONTENT} may"))
    }

    /// The distance between the pictures, compared with that between the expected one and an empty page of its ground's colour.
    pub fn changed_share(&self, expected: &Self) -> f64 {
        let ground = expected.ground();
        let empty: Vec<f64> = ground.iter().copied().cycle().take(expected.colours.len()).collect();
        distance(&self.colours, &expected.colours) / distance(&empty, &expected.colours)
    }

    /// The colour of the picture's last corner, which is beside the content.
    fn ground(&self) -> &[f64] {
        self.colours.last_chunk::<4>().unwrap()
    }
}

fn distance(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| (one - other).abs()).sum()
}

impl Browser {
    /// Takes a picture of the whole page, this wide.
    pub async fn take_picture(&self, width: u32) -> Picture {
        self.set_size(width, 600).await;
        let height = self.run("return document.documentElement.scrollHeight;", &[]).await;
        self.set_size(width, u32::try_from(height.as_u64().unwrap()).unwrap()).await;
        let shot = self.session.devtools("Page.captureScreenshot", json!({ "format": "png" })).await;
        self.read_picture(STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()).await
    }

    /// Decodes and shrinks a picture, which the browser can do.
    pub async fn read_picture(&self, png: Vec<u8>) -> Picture {
        // A page without our policy, which allows no such script in the pages.
        self.go("about:blank").await;
        let script = "
            const [png, columns, rows, done] = arguments;
            const image = new Image();
            image.onload = () => {
                const canvas = new OffscreenCanvas(columns, rows).getContext('2d');
                canvas.imageSmoothingQuality = 'high';
                canvas.drawImage(image, 0, 0, columns, rows);
                done([image.width, image.height, ...canvas.getImageData(0, 0, columns, rows).data]);
            };
            image.onerror = () => done([]);
            image.src = 'data:image/png;base64,' + png;
        ";
        let arguments = [json!(STANDARD.encode(&png)), json!(COLUMNS), json!(ROWS)];
        let numbers = self.run_async(script, &arguments).await;
        let numbers: Vec<f64> =
            numbers.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect();
        let [width, height, colours @ ..] = numbers.as_slice() else { panic!("this is no picture") };
        Picture { png, width: *width, height: *height, colours: colours.to_vec() }
    }
}
