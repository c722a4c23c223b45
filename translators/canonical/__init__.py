"""The business objects every format is translated to and from, and the types they are made of."""
