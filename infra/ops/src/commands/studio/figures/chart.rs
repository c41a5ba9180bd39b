//! The charts as SVG. Each colour is a placeholder that becomes a variable of the style sheet, so that charts follow dark and
//! light mode.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::model::{Counts, Figures, Stage, Window};

const SIZE: (u32, u32) = (720, 260);
const FUNNEL_SIZE: (u32, u32) = (720, 190);
const FONT_SIZE: i32 = 14;
/// The placeholder of the text's colour.
const INK: RGBColor = RGBColor(1, 0, 0);
const LINE: RGBColor = RGBColor(2, 0, 0);

const fn placeholder(stage: Stage) -> RGBColor {
    match stage {
        Stage::Accepted => RGBColor(3, 0, 0),
        Stage::Sent => RGBColor(4, 0, 0),
        Stage::Delivered => RGBColor(5, 0, 0),
        Stage::Read => RGBColor(6, 0, 0),
        Stage::Failed => RGBColor(7, 0, 0),
    }
}

/// A bar for each stage. `None` if it can't be drawn.
pub(super) fn funnel(total: Counts) -> Option<String> {
    let title: Vec<String> =
        Stage::ALL.into_iter().map(|stage| format!("{} {}", total.get(stage), stage.name())).collect();
    drawn(FUNNEL_SIZE, "funnel", &title.join(", "), |area| {
        let text = font().pos(Pos::new(HPos::Right, VPos::Center));
        let number = font().pos(Pos::new(HPos::Left, VPos::Center));
        let largest = total.largest().max(1);
        for (place, stage) in (0..).zip(Stage::ALL) {
            let (top, bottom) = (10 + place * 36, 34 + place * 36);
            let middle = i32::midpoint(top, bottom);
            // At most 500 wide, so that it fits into the type.
            let width = i32::try_from(total.get(stage) * 500 / largest).unwrap_or(500);
            let named = format!("{} {}", stage.mark(), stage.name());
            area.draw(&Text::new(named, (110, middle), text.clone()))?;
            area.draw(&Rectangle::new([(120, top), (120 + width, bottom)], placeholder(stage).filled()))?;
            area.draw(&Text::new(total.get(stage).to_string(), (128 + width, middle), number.clone()))?;
        }
        Ok(())
    })
}

/// A line for each stage, with a point of its own shape for each part of the time.
pub(super) fn over_time(figures: &Figures) -> Option<String> {
    let title = format!("Messages by stage, {}", figures.window.title().to_lowercase());
    drawn(SIZE, "over-time", &title, |area| {
        let last = i32::try_from(figures.buckets.len()).unwrap_or(1) - 1;
        let largest = figures.buckets.iter().map(|counts| counts.largest()).max().unwrap_or_default();
        // CloudWatch's numbers are far below.
        let largest = i32::try_from(largest).unwrap_or(i32::MAX - 1).max(1);
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .x_label_area_size(28)
            .y_label_area_size(48)
            .build_cartesian_2d(0..last, 0..largest)?;
        let label = |place: &i32| time_of(figures, *place);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(6)
            .y_labels(4)
            .x_label_formatter(&label)
            .label_style(font())
            .axis_style(LINE)
            .bold_line_style(LINE)
            .light_line_style(TRANSPARENT)
            .draw()?;
        for stage in Stage::ALL {
            let points: Vec<(i32, i32)> = (0..)
                .zip(&figures.buckets)
                .map(|(place, counts)| (place, i32::try_from(counts.get(stage)).unwrap_or(largest)))
                .collect();
            let colour = placeholder(stage);
            chart.draw_series(std::iter::once(PathElement::new(points.clone(), colour.stroke_width(2))))?;
            for point in points.into_iter().filter(|(_, count)| *count > 0) {
                match stage {
                    Stage::Accepted => {
                        chart.draw_series(std::iter::once(Circle::new(point, 5, colour.filled())))?;
                    }
                    Stage::Sent => {
                        chart.draw_series(std::iter::once(TriangleMarker::new(point, 6, colour.filled())))?;
                    }
                    Stage::Delivered => {
                        let square =
                            EmptyElement::at(point) + Rectangle::new([(-4, -4), (4, 4)], colour.filled());
                        chart.draw_series(std::iter::once(square))?;
                    }
                    Stage::Read => {
                        chart.draw_series(std::iter::once(Circle::new(point, 7, colour.stroke_width(2))))?;
                    }
                    Stage::Failed => {
                        chart.draw_series(std::iter::once(Cross::new(point, 6, colour.stroke_width(2))))?;
                    }
                }
            }
        }
        Ok(())
    })
}

/// The beginning of a part, in UTC.
fn time_of(figures: &Figures, place: i32) -> String {
    let at = figures.begin_of(usize::try_from(place).unwrap_or_default());
    let format = match figures.window {
        Window::Hour | Window::Day => "%H:%M",
        Window::Fortnight => "%d %b",
    };
    at.strftime(format).to_string()
}

fn font() -> TextStyle<'static> {
    ("sans-serif", FONT_SIZE).into_font().color(&INK)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn drawn(
    size: (u32, u32),
    id: &str,
    title: &str,
    draw: impl FnOnce(&Area<'_>) -> Result<(), Box<dyn std::error::Error>>,
) -> Option<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area).ok()?;
        area.present().ok()?;
    }
    Some(styled(svg, id, title))
}

/// The drawing with the page's colours and a name.
fn styled(mut svg: String, id: &str, title: &str) -> String {
    svg = svg.replace("#010000", "currentColor").replace("#020000", "var(--line)");
    for stage in Stage::ALL {
        let RGBColor(red, ..) = placeholder(stage);
        svg = svg.replace(&format!("#{red:02X}0000"), &format!("var(--{})", stage.class()));
    }
    let Some((begin, rest)) = svg.split_once('>') else { return svg };
    let begin = begin.replacen("<svg ", &format!("<svg role=\"img\" aria-labelledby=\"{id}-title\" "), 1);
    format!("{begin}><title id=\"{id}-title\">{title}</title>{rest}")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn figures() -> Figures {
        let now: Timestamp = "2026-11-20T09:42:10Z".parse().unwrap();
        let mut figures = Figures::until(now, Window::Day, &[]);
        for (stage, count) in [(Stage::Accepted, 5), (Stage::Sent, 4), (Stage::Failed, 1)] {
            figures.add(stage, now, count);
        }
        figures
    }

    #[test]
    fn charts_have_names_and_the_pages_colours() {
        let figures = figures();
        let funnel = funnel(figures.total()).unwrap();
        assert!(funnel.contains(
            "<title id=\"funnel-title\">5 accepted, 4 sent, 0 delivered, 0 read, 1 failed</title>"
        ));
        for svg in [funnel, over_time(&figures).unwrap()] {
            assert!(svg.starts_with("<svg role=\"img\""), "{svg}");
            assert!(svg.contains("var(--stage-accepted)") && svg.contains("currentColor"), "{svg}");
            // A fixed colour would be unreadable in one of the modes, and the pages' policy refuses styles.
            assert!(!svg.contains("\"#0") && !svg.contains("style="), "{svg}");
        }
    }
}
