//! Draws what was found: both photographs side by side, with boxes, landmarks, and the verdict's figures.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::FONT_10X20;
use embedded_graphics::pixelcolor::{Rgb888, RgbColor, WebColors};
use embedded_graphics::prelude::{DrawTarget, Drawable, OriginDimensions, Pixel, Point, Primitive, Size};
use embedded_graphics::primitives::{Circle, PrimitiveStyle, Rectangle};
use embedded_graphics::text::Text;
use image::imageops::{FilterType, overlay, resize};
use image::{Rgb, RgbImage};
use shiren_verify::{Judgement, Located};
use thiserror::Error;

/// Height to which each photograph is scaled, in pixels, unless that makes it too wide.
const HEIGHT: u32 = 640;
/// Greatest width of a photograph, in pixels.
const MAX_WIDTH: u32 = 1600;
/// Width of an empty place where a photograph could not be read.
const EMPTY_WIDTH: u32 = 480;
/// Height of the line of text below.
const FOOTER: u32 = 36;

/// A picture that could not be written.
#[derive(Debug, Error)]
#[error("cannot write {path}: {reason}")]
pub(crate) struct AnnotateError {
    path: PathBuf,
    reason: image::ImageError,
}

/// Draws a judgement into a PNG.
pub(crate) fn write(judgement: &Judgement, path: &Path) -> Result<(), AnnotateError> {
    let left = panel(judgement.reference.as_ref());
    let right = panel(judgement.probe.as_ref());
    let mut canvas = RgbImage::from_pixel(left.width() + right.width(), HEIGHT + FOOTER, Rgb([24, 24, 24]));
    overlay(&mut canvas, &left, 0, 0);
    overlay(&mut canvas, &right, left.width().into(), 0);
    let color = if judgement.verdict.passed() { Rgb888::CSS_LIME_GREEN } else { Rgb888::CSS_TOMATO };
    let style = MonoTextStyle::new(&FONT_10X20, color);
    let Ok(_) = Text::new(&caption(judgement), Point::new(8, HEIGHT as i32 + 24), style).draw(&mut Canvas(&mut canvas));
    let written = canvas.save_with_format(path, image::ImageFormat::Png);
    written.map_err(|reason| AnnotateError { path: path.to_owned(), reason })
}

/// In ASCII, which is what the built-in font has.
fn caption(judgement: &Judgement) -> String {
    let verdict = &judgement.verdict;
    let mut words = vec![verdict.outcome.name().to_owned()];
    words.extend(verdict.score.map(|score| format!("score {score:.2}")));
    let probability = verdict.liveness.as_ref().and_then(|liveness| liveness.probability());
    words.extend(probability.map(|p| format!("live {p:.3}")));
    words.join("  ")
}

fn panel(located: Option<&Located>) -> RgbImage {
    let Some((Located { face, .. }, picture)) = located.and_then(|l| Some((l, picture(l)?))) else {
        return RgbImage::from_pixel(EMPTY_WIDTH, HEIGHT, Rgb([64, 64, 64]));
    };
    let scale = (HEIGHT as f32 / picture.height() as f32).min(MAX_WIDTH as f32 / picture.width() as f32);
    let side = |n: u32| ((n as f32 * scale) as u32).max(1);
    let small = resize(&picture, side(picture.width()), side(picture.height()), FilterType::Triangle);
    let mut panel = RgbImage::new(small.width(), HEIGHT);
    overlay(&mut panel, &small, 0, 0);
    if let Some(face) = face {
        let place = |x: f32, y: f32| Point::new((x * scale) as i32, (y * scale) as i32);
        let b = face.bounds;
        let size = Size::new((b.width * scale) as u32, (b.height * scale) as u32);
        let mut canvas = Canvas(&mut panel);
        let frame = PrimitiveStyle::with_stroke(Rgb888::CSS_LIME_GREEN, 3);
        let Ok(()) = Rectangle::new(place(b.x, b.y), size).into_styled(frame).draw(&mut canvas);
        for landmark in face.landmarks {
            let dot = Circle::with_center(place(landmark.x, landmark.y), 7);
            let Ok(()) = dot.into_styled(PrimitiveStyle::with_fill(Rgb888::RED)).draw(&mut canvas);
        }
        let style = MonoTextStyle::new(&FONT_10X20, Rgb888::CSS_LIME_GREEN);
        let label = format!("{:.2}", face.score);
        let Ok(_) = Text::new(&label, place(b.x, b.y) + Point::new(4, -6), style).draw(&mut canvas);
    }
    panel
}

fn picture(located: &Located) -> Option<RgbImage> {
    let photo = &located.photo;
    let (width, height) = (u32::try_from(photo.width()).ok()?, u32::try_from(photo.height()).ok()?);
    RgbImage::from_raw(width, height, photo.rgb().to_vec())
}

/// A picture to draw on; what lies outside is left out.
struct Canvas<'a>(&'a mut RgbImage);

impl OriginDimensions for Canvas<'_> {
    fn size(&self) -> Size {
        Size::new(self.0.width(), self.0.height())
    }
}

impl DrawTarget for Canvas<'_> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(at, color) in pixels {
            if let (Ok(x), Ok(y)) = (u32::try_from(at.x), u32::try_from(at.y))
                && let Some(pixel) = self.0.get_pixel_mut_checked(x, y)
            {
                *pixel = Rgb([color.r(), color.g(), color.b()]);
            }
        }
        Ok(())
    }
}
