// Translates the sources beside it, and runs read.ts with `typeorm` being the package that is named.
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');

const [, , typeorm] = process.argv;
const packages = Module.createRequire(path.join(process.cwd(), 'package.json'));
const typescript = packages('typescript');

const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  if (request.startsWith('.') || request.startsWith('node:') || path.isAbsolute(request))
    return resolve.call(this, request, ...rest);
  try {
    return resolve.call(this, request, ...rest);
  } catch {
    return packages.resolve(request === 'typeorm' ? typeorm : request);
  }
};
Module._extensions['.ts'] = (module, filename) => {
  const { outputText } = typescript.transpileModule(fs.readFileSync(filename, 'utf8'), {
    fileName: filename,
    compilerOptions: {
      module: typescript.ModuleKind.CommonJS, target: typescript.ScriptTarget.ES2022, esModuleInterop: true,
      experimentalDecorators: true, emitDecoratorMetadata: true, useDefineForClassFields: false,
    },
  });
  module._compile(outputText, filename);
};
require('./read.ts');
