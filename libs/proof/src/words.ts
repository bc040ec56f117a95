// 64 each. Aliases are derived from digests, so a word is never changed or moved.
export const adjectives = (
  'able agile amber ample azure bold brave brief bright brisk calm candid clean clear clever cobalt ' +
  'coral crisp deft eager early earnest even exact fair fleet fond frank fresh gentle glad golden ' +
  'grand hardy honest ivory jolly keen kind lively loyal lucid mellow merry modest neat noble olive ' +
  'patient plain prime proud quick quiet rapid ready robust rosy sage sharp steady sunny tidy witty'
).split(' ');

export const animals = (
  'badger bat bear beaver bison boar bobcat camel carp cat cod colt condor cougar crab crane ' +
  'crow deer dingo dolphin dove duck eagle egret elk falcon ferret finch fox gecko gibbon goose ' +
  'grouse gull hare hawk heron ibex ibis jackal jay koala lark lemur lion llama lynx magpie ' +
  'marten mink mole moose newt orca otter owl panda puffin quail raven robin seal stork wren'
).split(' ');
