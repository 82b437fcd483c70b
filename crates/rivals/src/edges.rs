//! The edges of an object, for the crates' derive macros.

/// Defines `Edges`, an object's edges of type `Option<pointer>`, two or many, with the attributes given.
macro_rules! edges {
    ($(#[$attribute:meta])* $pointer:ty) => {
        $(#[$attribute])*
        pub(crate) enum Edges {
            Two(Option<$pointer>, Option<$pointer>),
            Wide(Box<[Option<$pointer>]>),
        }

        impl Edges {
            fn new(edges: usize) -> Edges {
                if edges == 2 { Edges::Two(None, None) } else { Edges::Wide((0..edges).map(|_| None).collect()) }
            }

            #[inline]
            fn get(&self, edge: usize) -> &Option<$pointer> {
                match self {
                    Edges::Two(first, _) if edge == 0 => first,
                    Edges::Two(_, second) if edge == 1 => second,
                    Edges::Two(..) => panic!("edge {edge} of two"),
                    Edges::Wide(edges) => &edges[edge],
                }
            }

            #[inline]
            fn get_mut(&mut self, edge: usize) -> &mut Option<$pointer> {
                match self {
                    Edges::Two(first, _) if edge == 0 => first,
                    Edges::Two(_, second) if edge == 1 => second,
                    Edges::Two(..) => panic!("edge {edge} of two"),
                    Edges::Wide(edges) => &mut edges[edge],
                }
            }
        }
    };
}

pub(crate) use edges;
