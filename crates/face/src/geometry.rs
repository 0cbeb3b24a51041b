/// A place in a picture, in pixels; the origin is the top left corner of the top left pixel.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Point {
    /// From the left.
    pub x: f32,
    /// From the top.
    pub y: f32,
}

/// An upright box in a picture, in pixels. It may reach beyond the picture.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Rect {
    /// Width times height.
    pub fn area(&self) -> f32 {
        self.width * self.height
    }

    /// The part of `self` that lies inside `other`; empty boxes have no area.
    pub fn intersection(&self, other: &Rect) -> Rect {
        let x = self.x.max(other.x);
        let y = self.y.max(other.y);
        let right = (self.x + self.width).min(other.x + other.width);
        let bottom = (self.y + self.height).min(other.y + other.height);
        Rect { x, y, width: (right - x).max(0.0), height: (bottom - y).max(0.0) }
    }

    /// Intersection over union, 0 to 1.
    pub fn overlap(&self, other: &Rect) -> f32 {
        let shared = self.intersection(other).area();
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }
}

/// Five landmarks in the detector's order: right eye, left eye, nose tip, right and left corner of the mouth, right and
/// left being the person's own. On an unmirrored picture the right eye is the one further to the left.
pub type Landmarks = [Point; 5];

/// A detected face, in pixels of the picture that was searched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    /// Detection score, 0 to 1.
    pub score: f32,
    /// Box of the face, from forehead to chin.
    pub bounds: Rect,
    /// Its landmarks.
    pub landmarks: Landmarks,
}

impl Face {
    /// Shorter side of the box in pixels.
    pub fn size(&self) -> f32 {
        self.bounds.width.min(self.bounds.height)
    }

    /// Part of the box that lies inside a picture of this size, 0 to 1.
    pub fn part_inside(&self, width: usize, height: usize) -> f32 {
        let picture = Rect { x: 0.0, y: 0.0, width: width as f32, height: height as f32 };
        if self.bounds.area() > 0.0 { self.bounds.intersection(&picture).area() / self.bounds.area() } else { 0.0 }
    }

    /// Size of a picture as a multiple of the box, in the tighter direction: 1 where the box fills the picture.
    pub fn surroundings(&self, width: usize, height: usize) -> f32 {
        (width as f32 / self.bounds.width).min(height as f32 / self.bounds.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_and_part_inside() {
        let a = Rect { x: 0.0, y: 0.0, width: 10.0, height: 10.0 };
        let b = Rect { x: 5.0, y: 0.0, width: 10.0, height: 10.0 };
        assert!((a.overlap(&b) - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(a.overlap(&Rect { x: 20.0, ..a }), 0.0);
        assert_eq!(Rect::default().overlap(&Rect::default()), 0.0);
        let face = Face { score: 1.0, bounds: Rect { x: -5.0, ..a }, landmarks: Landmarks::default() };
        assert_eq!((face.part_inside(100, 100), face.surroundings(100, 15)), (0.5, 1.5));
    }
}
