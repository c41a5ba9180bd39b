//! SVG charts: bars with their spread, and lines.

use std::fmt::Write as _;

use crate::statistics::Spread;
use crate::table::number;

const WIDTH: f64 = 760.0;
const BAR_HEIGHT: f64 = 26.0;
const LABEL_WIDTH: f64 = 190.0;
const VALUE_WIDTH: f64 = 90.0;
const HEAD: f64 = 40.0;
const LINES_HEIGHT: f64 = 260.0;
/// Okabe and Ito's palette, which colour-blind readers can distinguish.
const COLOURS: [&str; 3] = ["#0072b2", "#d55e00", "#009e73"];

/// A horizontal bar for each median, with a line from its tenth to its ninetieth percentile.
pub fn bars(title: &str, bars: &[(String, Spread)]) -> String {
    let longest = bars.iter().map(|(_, spread)| spread.p90).fold(f64::MIN_POSITIVE, f64::max);
    let scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / longest;
    let mut body = String::new();
    let mut top = HEAD;
    for (label, spread) in bars {
        let (middle, length) = (top + BAR_HEIGHT / 2.0, spread.median * scale);
        let (from, to) = (LABEL_WIDTH + spread.p10 * scale, LABEL_WIDTH + spread.p90 * scale);
        text(&mut body, LABEL_WIDTH - 8.0, middle + 4.0, "end", label);
        let _written = writeln!(
            body,
            r##"<rect x="{LABEL_WIDTH}" y="{:.1}" width="{length:.1}" height="16" fill="{}"/><path d="M{from:.1} {middle:.1}H{to:.1}" stroke="#888" stroke-width="2"/>"##,
            middle - 8.0,
            COLOURS[0],
        );
        text(&mut body, (LABEL_WIDTH + length).max(to) + 8.0, middle + 4.0, "start", &number(spread.median));
        top += BAR_HEIGHT;
    }
    svg(title, top + 10.0, &body)
}

/// A line for each series of points, with both axes from zero.
pub fn lines(title: &str, series: &[(&str, Vec<(f64, f64)>)]) -> String {
    let all = || series.iter().flat_map(|(_, points)| points);
    let right = all().map(|(x, _)| *x).fold(f64::MIN_POSITIVE, f64::max);
    let highest = all().map(|(_, y)| *y).fold(f64::MIN_POSITIVE, f64::max);
    let (left, bottom) = (60.0, HEAD + LINES_HEIGHT);
    let x = |value: f64| left + value / right * (WIDTH - left - 30.0);
    let y = |value: f64| bottom - value / highest * (LINES_HEIGHT - 10.0);
    let mut body = String::new();
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let _written = writeln!(
            body,
            r##"<path d="M{left} {:.1}H{:.1}" stroke="#ccc"/>"##,
            y(highest * share),
            WIDTH - 30.0
        );
        text(&mut body, left - 8.0, y(highest * share) + 4.0, "end", &number(highest * share));
        text(&mut body, x(right * share), bottom + 18.0, "middle", &format!("{:.0}", right * share));
    }
    for ((index, (label, points)), colour) in series.iter().enumerate().zip(COLOURS.iter().cycle()) {
        let path: Vec<String> =
            points.iter().map(|(at, value)| format!("{:.1} {:.1}", x(*at), y(*value))).collect();
        let top = bottom + 40.0 + 20.0 * f64::from(u32::try_from(index).unwrap_or_default());
        let _written = writeln!(
            body,
            r#"<path d="M{}" fill="none" stroke="{colour}" stroke-width="2"/><path d="M{left} {:.1}h24" stroke="{colour}" stroke-width="3"/>"#,
            path.join("L"),
            top - 4.0
        );
        text(&mut body, left + 32.0, top, "start", label);
    }
    let legend = 20.0 * f64::from(u32::try_from(series.len()).unwrap_or_default());
    svg(title, bottom + 36.0 + legend, &body)
}

fn text(body: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let _written = writeln!(body, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#);
}

fn svg(title: &str, height: f64, body: &str) -> String {
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0}" font-family="sans-serif" font-size="13" role="img">
<title>{title}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="12" y="24" font-size="15" font-weight="bold">{title}</text>
{body}</svg>
"##
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bars_length_is_proportional_to_its_median() {
        let drawn = bars("t", &[("a".to_owned(), Spread::new([2.0])), ("b".to_owned(), Spread::new([1.0]))]);
        let longest = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
        assert!(drawn.contains(&format!(r#"width="{longest:.1}""#)), "{drawn}");
        assert!(drawn.contains(&format!(r#"width="{:.1}""#, longest / 2.0)), "{drawn}");
    }

    #[test]
    fn a_line_goes_through_its_points() {
        let drawn = lines("t", &[("a", vec![(0.0, 0.0), (10.0, 5.0)])]);
        let (bottom, top) = (HEAD + LINES_HEIGHT, HEAD + 10.0);
        assert!(drawn.contains(&format!("M60.0 {bottom:.1}L{:.1} {top:.1}", WIDTH - 30.0)), "{drawn}");
    }
}
