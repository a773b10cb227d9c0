//! Whose state a policy has: the function's, a name's, a key's, or that of an object.

use syn::Expr;

use super::{Keyed, Part};
use crate::{
    args::{Assign, Count, Flag, Given, Shared},
    errors::Errors,
};

/// The options that say so.
#[derive(Clone, Copy, Default)]
pub(crate) struct Owner<'o> {
    pub(crate) shared: Option<&'o Given<Assign<Shared>>>,
    pub(crate) key: Option<&'o Given<Assign<Expr>>>,
    pub(crate) max_keys: Option<&'o Given<Assign<Count<1>>>>,
    pub(crate) label_key: Option<&'o Given<Flag>>,
    pub(crate) instance: Option<&'o Given<Assign<Expr>>>,
}

/// The owner that the options of an attribute name.
macro_rules! owner {
    ($options:expr) => {
        crate::plan::policies::Owner {
            shared: $options.shared.as_ref(),
            key: $options.key.as_ref(),
            max_keys: $options.max_keys.as_ref(),
            label_key: $options.label_key.as_ref(),
            instance: $options.instance.as_ref(),
        }
    };
}
pub(crate) use owner;

impl Owner<'_> {
    /// Reports what excludes each other, or is about keys where there are none.
    pub(crate) fn validate(self, errors: &mut Errors) {
        if let (Some(instance), Some(shared)) = (self.instance, self.shared) {
            let message = "`instance` and `shared` exclude each other: an object is whose it is";
            errors.at(&shared.key, message);
            errors.at(&instance.key, "keep this or `shared`");
        }
        if let (Some(_), Some(key)) = (self.instance, self.key) {
            errors.at(&key.key, "`instance` names one object; `key` would need one for each key");
        }
        if let (Some(max), None) = (self.max_keys, self.key) {
            errors.at(&max.key, "`max_keys` of what? Write `key = …` beside it");
        }
        if let (Some(label), None) = (self.label_key, self.key) {
            errors.at(&label.key, "`label_key` of which key? Write `key = …` beside it");
        }
        if let (Some(shared), Some(key)) = (self.shared, self.key) {
            errors.at(&key.key, "a name is shared, or there is one for each key; keep one");
            errors.at(&shared.key, "keep this or `key`");
        }
    }

    /// Writes it into the part.
    pub(super) fn plan(self, part: &mut Part, errors: &mut Errors) {
        part.shared = self.shared.map(|shared| shared.value.0.0.clone());
        if let Some(instance) = self.instance {
            for setting in &part.settings {
                let (key, name) = (&setting.key, part.ty);
                let message =
                    format!("`instance` has its own `{key}`; set it where the `{name}` is made");
                errors.at(key, message);
            }
            part.instance = Some(instance.value.0.clone());
        }
        part.keyed = self.key.map(|key| Keyed {
            key: key.value.0.clone(),
            max_keys: self.max_keys.map(|max| max.value.0.clone().into()),
            is_label: self.label_key.is_some(),
        });
    }
}
