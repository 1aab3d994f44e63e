// A scenario needs one import: its values come with the language that declares them.
@_exported public import BootModel
