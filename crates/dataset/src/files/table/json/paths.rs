//! The keys that lead to wanted values.

use std::cell::Cell;

/// Where the root's keys are.
pub(super) const ROOT: usize = 0;

/// The wanted columns by the keys of the objects that they lie in.
///
/// A column `a.b` is the value of `b` in the object `a`, or that of a key `a.b` of the row itself.
pub(super) struct Paths {
    objects: Vec<Object>,
}

#[derive(Default)]
struct Object {
    keys: Vec<Key>,
    /// Rows mostly have the same keys in the same order, so the next one is looked for here first.
    next: Cell<usize>,
}

/// A key that something is wanted of.
pub(super) struct Key {
    name: String,
    /// The columns that are its value.
    pub columns: Vec<usize>,
    /// The object that it should hold.
    pub object: Option<usize>,
}

impl Paths {
    /// A column for each of `names`, in their order.
    pub(super) fn new(names: &[&str]) -> Self {
        let mut paths = Self { objects: vec![Object::default()] };
        for (column, name) in names.iter().enumerate() {
            paths.key(ROOT, name).columns.push(column);
            if let Some((outer, last)) = name.rsplit_once('.') {
                let object = outer.split('.').fold(ROOT, |object, key| paths.object(object, key));
                paths.key(object, last).columns.push(column);
            }
        }
        paths
    }

    /// What is wanted of a key in an object.
    pub(super) fn find(&self, object: usize, name: &str) -> Option<&Key> {
        let Object { keys, next } = &self.objects[object];
        let (before, from) = keys.split_at(next.get().min(keys.len()));
        let place = match from.iter().position(|key| key.name == name) {
            Some(place) => before.len() + place,
            None => before.iter().position(|key| key.name == name)?,
        };
        next.set(place + 1);
        Some(&keys[place])
    }

    /// All columns that lie in an object, at any depth.
    pub(super) fn columns_in(&self, object: usize) -> Vec<usize> {
        let keys = &self.objects[object].keys;
        let below = keys.iter().filter_map(|key| key.object).flat_map(|object| self.columns_in(object));
        keys.iter().flat_map(|key| key.columns.iter().copied()).chain(below).collect()
    }

    fn key(&mut self, object: usize, name: &str) -> &mut Key {
        let keys = &mut self.objects[object].keys;
        let place = keys.iter().position(|key| key.name == name).unwrap_or_else(|| {
            keys.push(Key { name: name.to_owned(), columns: Vec::new(), object: None });
            keys.len() - 1
        });
        &mut keys[place]
    }

    fn object(&mut self, outer: usize, name: &str) -> usize {
        let new = self.objects.len();
        let object = *self.key(outer, name).object.get_or_insert(new);
        if object == new {
            self.objects.push(Object::default());
        }
        object
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dotted_name_is_a_path_or_a_key_of_the_row() {
        let paths = Paths::new(&["a.b", "a.c.d", "e"]);
        assert_eq!(paths.find(ROOT, "e").unwrap().columns, [2]);
        assert_eq!(paths.find(ROOT, "a.b").unwrap().columns, [0]);
        let a = paths.find(ROOT, "a").unwrap();
        assert!(a.columns.is_empty());
        let inner = a.object.unwrap();
        assert_eq!(paths.find(inner, "b").unwrap().columns, [0]);
        let deeper = paths.find(inner, "c").unwrap().object.unwrap();
        assert_eq!(paths.find(deeper, "d").unwrap().columns, [1]);
        assert!(paths.find(ROOT, "d").is_none());
        assert_eq!(paths.columns_in(inner), [0, 1]);
    }

    #[test]
    fn a_key_is_found_in_any_order_and_may_serve_several_columns() {
        let paths = Paths::new(&["x", "y", "x"]);
        for name in ["y", "x", "x", "y"] {
            assert_eq!(paths.find(ROOT, name).unwrap().columns, if name == "x" { &[0, 2][..] } else { &[1] });
        }
    }
}
