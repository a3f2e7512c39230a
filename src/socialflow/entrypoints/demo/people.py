"""Who the demo is: three people, what they show, what they say, and how to log in as them."""

from dataclasses import dataclass

LOGIN = "mira"
PASSWORD = "paper-boats-42"  # noqa: S105  # printed for everybody: the demo is for one's own machine


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo; `colours` are those of their picture."""

    handle: str
    name: str
    bio: str
    colours: tuple[str, str, str]
    follows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip and what is said under it; `scene` names a generator of `clips`."""

    scene: str
    owner: str
    title: str
    description: str
    tags: tuple[str, ...]
    liked_by: tuple[str, ...]
    comments: tuple[tuple[str, str], ...]


PEOPLE = (
    Person(
        "mira",
        "Mira Okafor",
        "I fall into fractals so that you do not have to. New depths every week.",
        ("0x3b0f70", "0xde4968", "0xfed395"),
        ("jonas", "aiko"),
    ),
    Person(
        "jonas",
        "Jonas Lindqvist",
        "Old synthesisers, older oscilloscopes.",
        ("0x14532d", "0xa3e635", "0xfef9c3"),
        ("mira",),
    ),
    Person(
        "aiko",
        "Aiko Tanaka",
        "Small rules, large surprises.",
        ("0x0b1d3a", "0x38bdf8", "0xe0f2fe"),
        ("mira", "jonas"),
    ),
)

# The quickest to make come first: the home page fills at once.
CLIPS = (
    Clip(
        "life",
        "aiko",
        "A colony that never sleeps",
        "Conway's Game of Life on a torus. Three rules; everything else is weather.",
        ("life", "automata"),
        ("mira", "jonas"),
        (("jonas", "I have been watching the corner on the left for ten minutes."),),
    ),
    Clip(
        "lissajous",
        "jonas",
        "Two tones, drawn by themselves",
        "A fifth, slightly out of tune: left ear across, right ear up. Turn your phone upright.",
        ("music", "oscilloscope", "vertical"),
        ("mira",),
        (("mira", "It looks like silk. What happens with a third?"),),
    ),
    Clip(
        "aurora",
        "mira",
        "Aurora, slowly",
        "Five colours going round each other. For the end of a long day.",
        ("calm", "colour"),
        ("aiko",),
        (),
    ),
    Clip(
        "mandelbrot",
        "mira",
        "Falling into Seahorse Valley",
        "Six seconds, a thousandfold. The spiral at the end has been there all along.",
        ("fractal", "maths", "zoom"),
        ("jonas", "aiko"),
        (("aiko", "The spiral at the end! How deep could you go?"), ("jonas", "I can hear this picture.")),
    ),
)
