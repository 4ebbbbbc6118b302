//! A table of methods, made into an enum that frames are read into and written from.

macro_rules! methods {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident($params:ty) = $method:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone)]
        pub enum $name { $($(#[$doc])* $variant($params),)+ }

        impl $name {
            /// The names of the methods.
            pub const METHODS: &[&str] = &[$($method),+];
        }

        impl super::message::Methods for $name {
            fn decode(
                method: &str,
                params: Option<&serde_json::value::RawValue>,
            ) -> Result<$name, super::RpcError> {
                match method {
                    $($method => super::message::parameters(params).map($name::$variant),)+
                    _ => Err(super::RpcError::new(super::Code::NoSuchMethod)),
                }
            }

            fn encode(&self, id: i64) -> Vec<u8> {
                match self { $($name::$variant(params) => super::message::ask(id, $method, params),)+ }
            }
        }
    };
}

pub(super) use methods;
