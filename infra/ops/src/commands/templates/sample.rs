//! The sample of a header: the picture, video or document that Meta's reviewers see. It is downloaded, or read from a file
//! beside the definitions, and checked before it is uploaded.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Client, redirect};
use template_definitions::Media;
use url::Url;

use crate::providers::meta::Upload;

/// The limit for a whole download.
const TIMEOUT: Duration = Duration::from_mins(5);
/// A link may lead to a content network.
const MAX_REDIRECTS: usize = 5;

/// The file types that Meta's upload takes, by the bytes with which they begin, and their largest sizes
/// (<https://developers.facebook.com/docs/graph-api/guides/upload>, and
/// <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types>).
const fn accepted(media: Media) -> (&'static str, usize) {
    match media {
        Media::Image => ("a JPEG or PNG picture", 5 * 1024 * 1024),
        Media::Video => ("an MP4 video", 16 * 1024 * 1024),
        Media::Document => ("a PDF document", 100 * 1024 * 1024),
    }
}

/// Reads a sample, named by a link or by a path relative to the definitions' folder. The error says what is wrong with it.
pub(super) async fn read(media: Media, sample: &str, folder: Option<&Path>) -> Result<Upload, String> {
    let (_, max_bytes) = accepted(media);
    let (name, bytes) = if let Ok(link) = Url::parse(sample) {
        let client = Client::builder()
            .timeout(TIMEOUT)
            .https_only(true)
            .redirect(redirect::Policy::limited(MAX_REDIRECTS))
            .build()
            .map_err(|_| "no HTTP client can be built here".to_owned())?;
        (last_segment(&link), download(&client, &link, max_bytes).await?)
    } else {
        let folder = folder.ok_or_else(|| {
            format!("{sample} is a file beside the definitions: name their folder with --definitions")
        })?;
        read_file(&folder.join(sample), max_bytes)?
    };
    checked(media, name, bytes)
}

async fn download(client: &Client, link: &Url, max_bytes: usize) -> Result<Vec<u8>, String> {
    // reqwest's own errors repeat the link, which is in the message already.
    let mut response =
        client.get(link.clone()).send().await.map_err(|_| format!("{link} can't be downloaded"))?;
    if !response.status().is_success() {
        return Err(format!("{link} can't be downloaded: HTTP {}", response.status().as_u16()));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| format!("{link} broke off"))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > max_bytes {
            // `checked` refuses it.
            break;
        }
    }
    Ok(bytes)
}

fn read_file(path: &PathBuf, max_bytes: usize) -> Result<(String, Vec<u8>), String> {
    let failed = |error: std::io::Error| format!("{} can't be read: {error}", path.display());
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(failed)?.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((name, bytes))
}

fn last_segment(link: &Url) -> String {
    let last = link.path_segments().and_then(|mut segments| segments.next_back());
    last.filter(|name| !name.is_empty()).unwrap_or("sample").to_owned()
}

/// The upload, if the file's contents are what the header takes.
fn checked(media: Media, name: String, bytes: Vec<u8>) -> Result<Upload, String> {
    let (what, max_bytes) = accepted(media);
    let content_type = content_type(&bytes).filter(|found| belongs(media, found));
    let content_type = content_type.ok_or_else(|| format!("{name} is not {what}"))?;
    if bytes.len() > max_bytes {
        return Err(format!("{name} is larger than {} MiB", max_bytes / 1024 / 1024));
    }
    Ok(Upload { name, content_type, bytes })
}

fn belongs(media: Media, content_type: &str) -> bool {
    match media {
        Media::Image => content_type.starts_with("image/"),
        Media::Video => content_type.starts_with("video/"),
        Media::Document => content_type == "application/pdf",
    }
}

/// A server's own word for the type is often wrong, so the contents decide.
fn content_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("video/mp4"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;

    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

    #[test]
    fn the_contents_decide_what_a_file_is() {
        let mp4 = b"\0\0\0\x18ftypmp42";
        for (media, bytes, content_type) in [
            (Media::Image, PNG, "image/png"),
            (Media::Image, b"\xff\xd8\xff\xe0rest", "image/jpeg"),
            (Media::Video, mp4, "video/mp4"),
            (Media::Document, b"%PDF-1.7 rest", "application/pdf"),
        ] {
            let upload = checked(media, "name".to_owned(), bytes.to_vec()).unwrap();
            assert_eq!((upload.content_type, upload.bytes.as_slice()), (content_type, bytes));
        }
        for (media, bytes, said) in [
            (Media::Image, &b"<html>"[..], "s.png is not a JPEG or PNG picture"),
            (Media::Image, b"%PDF-1.7", "s.png is not a JPEG or PNG picture"),
            (Media::Video, PNG, "s.png is not an MP4 video"),
            (Media::Document, PNG, "s.png is not a PDF document"),
            (Media::Document, b"", "s.png is not a PDF document"),
        ] {
            assert_eq!(checked(media, "s.png".to_owned(), bytes.to_vec()).unwrap_err(), said);
        }
        let image = |size: usize| {
            let bytes = [PNG, &vec![0; size - PNG.len()]].concat();
            checked(Media::Image, "s.png".to_owned(), bytes).map(|it| it.bytes.len())
        };
        assert_eq!(image(5 * 1024 * 1024), Ok(5 * 1024 * 1024));
        assert_eq!(image(5 * 1024 * 1024 + 1), Err("s.png is larger than 5 MiB".to_owned()));
    }

    #[tokio::test]
    async fn a_path_is_one_beside_the_definitions() {
        let folder = std::env::temp_dir().join(format!("ops-sample-{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("s.png"), PNG).unwrap();
        let there = read(Media::Image, "s.png", Some(&folder)).await;
        let missing = read(Media::Image, "other.png", Some(&folder)).await.unwrap_err();
        std::fs::remove_dir_all(&folder).unwrap();
        let upload = Upload { name: "s.png".to_owned(), content_type: "image/png", bytes: PNG.to_vec() };
        assert_eq!(there, Ok(upload));
        assert!(missing.contains("other.png can't be read: No such file"), "{missing}");
        let unknown = read(Media::Image, "s.png", None).await.unwrap_err();
        assert!(unknown.contains("name their folder with --definitions"), "{unknown}");
    }

    #[tokio::test]
    async fn a_link_is_downloaded_up_to_the_largest_size() {
        let app = Router::new()
            .route("/s.png", get(|| async { PNG }))
            .route("/gone.png", get(|| async { StatusCode::NOT_FOUND }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        let client = Client::builder().no_proxy().build().unwrap();
        let link = |path: &str| base.join(path).unwrap();
        assert_eq!(download(&client, &link("s.png"), 100).await.as_deref(), Ok(PNG));
        assert!(
            download(&client, &link("s.png"), 3).await.unwrap().len() > 3,
            "so that `checked` refuses it"
        );
        let gone = download(&client, &link("gone.png"), 100).await.unwrap_err();
        assert!(gone.ends_with("/gone.png can't be downloaded: HTTP 404"), "{gone}");
        assert_eq!(last_segment(&link("a/s.png?x=1")), "s.png");
        assert_eq!(last_segment(&link("/")), "sample");
    }
}
