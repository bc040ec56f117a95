// Jest compiles its own runner, and all that a spec file imports, anew for each spec file. V8 can keep what it made of
// a text: each process compiles it once.
import vm from 'node:vm';

/** Answers what was made of the same text of that name before, and takes what was made of another. */
const memory = () => {
  const known = new Map();
  return {
    of: (name, text) => (known.get(name)?.text === text ? known.get(name).made : undefined),
    keep: (name, text, made) => known.set(name, { text, made }),
  };
};

/** For the process in which it is called. */
export const compileOnce = () => {
  const { compileFunction, SourceTextModule } = vm;
  const functions = memory();
  vm.compileFunction = (text, parameters, options) => {
    const cachedData = functions.of(options.filename, text);
    const isNew = cachedData === undefined;
    const compiled = compileFunction(text, parameters, { ...options, cachedData, produceCachedData: isNew });
    if (isNew) functions.keep(options.filename, text, compiled.cachedData);
    return compiled;
  };
  const modules = memory();
  vm.SourceTextModule = new Proxy(SourceTextModule, {
    construct: (target, [text, options], made) => {
      const make = (cachedData) => Reflect.construct(target, [text, { ...options, cachedData }], made);
      const cachedData = modules.of(options.identifier, text);
      if (cachedData !== undefined)
        try {
          return make(cachedData);
        } catch (error) {
          // After a change of its flags V8 wants nothing of what it made before them.
          if (error.code !== 'ERR_VM_MODULE_CACHED_DATA_REJECTED') throw error;
        }
      const module = make();
      modules.keep(options.identifier, text, module.createCachedData());
      return module;
    },
  });
};
