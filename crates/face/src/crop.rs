use crate::Rect;
use crate::pixels::Region;

/// The surroundings of a face that an anti-spoof model looks at: the box scaled about its centre, at most as far as the
/// picture reaches, then shifted inside it.
///
/// This is the crop that the models were trained on (Silent-Face-Anti-Spoofing, `generate_patches.py`), to the pixel. None
/// if the box has no area or lies where no pixel is.
pub(crate) fn surroundings(width: usize, height: usize, face: &Rect, scale: f64) -> Option<Region> {
    // In double precision: where the box is shrunk to the picture, the last row or column hangs on the rounding.
    let (face_width, face_height) = (f64::from(face.width), f64::from(face.height));
    let (right_most, bottom_most) = (width as f64 - 1.0, height as f64 - 1.0);
    let scale = scale.min(bottom_most / face_height).min(right_most / face_width);
    let (wide, high) = (face_width * scale, face_height * scale);
    if !(wide > 0.0 && high > 0.0 && wide.is_finite() && high.is_finite()) {
        return None;
    }
    let left = (f64::from(face.x) + face_width / 2.0 - wide / 2.0).max(0.0).min(right_most - wide);
    let top = (f64::from(face.y) + face_height / 2.0 - high / 2.0).max(0.0).min(bottom_most - high);
    let (x, y) = (left.max(0.0) as usize, top.max(0.0) as usize);
    let right = ((left + wide) as usize + 1).min(width);
    let bottom = ((top + high) as usize + 1).min(height);
    (right > x && bottom > y).then(|| Region { x, y, width: right - x, height: bottom - y })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_inside_by_shrinking_and_shifting() {
        let face = Rect { x: 40.0, y: 40.0, width: 20.0, height: 20.0 };
        let region = surroundings(200, 200, &face, 2.0).unwrap();
        assert_eq!(region, Region { x: 30, y: 30, width: 41, height: 41 });
        let at_edge = Rect { x: 0.0, ..face };
        assert_eq!(surroundings(200, 200, &at_edge, 2.0).unwrap(), Region { x: 0, y: 30, width: 41, height: 41 });
        let huge = surroundings(50, 50, &face, 4.0).unwrap();
        assert_eq!(huge, Region { x: 0, y: 0, width: 50, height: 50 });
    }

    #[test]
    fn nothing_to_look_at() {
        let flat = Rect { x: 0.0, y: 0.0, width: 0.0, height: 10.0 };
        assert_eq!(surroundings(50, 50, &flat, 2.7), None);
        let nowhere = Rect { x: f32::NAN, y: 0.0, width: f32::NAN, height: 10.0 };
        assert_eq!(surroundings(50, 50, &nowhere, 2.7), None);
        let face = Rect { x: 0.0, y: 0.0, width: 10.0, height: 10.0 };
        assert_eq!(surroundings(1, 1, &face, 2.7), None);
    }
}
