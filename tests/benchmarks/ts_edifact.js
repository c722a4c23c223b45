// Times ts-edifact on a file: node ts_edifact.js PACKAGE FILE -> seconds of processor time, as JSON.
// `collected`: all segments in one array, as its documentation does; `streamed`: each dropped again, as our tokenizer's
// are. Without its validator, which is the fastest it can; a first reading warms the engine up.
const fs = require("fs");
// The parser alone: the index of the package asks for others that it does not bring.
const { Parser } = require(process.argv[2] + "/lib/parser.js");
const { Configuration } = require(process.argv[2] + "/lib/configuration.js");
const { NullValidator } = require(process.argv[2] + "/lib/validator.js");
const text = fs.readFileSync(process.argv[3], "latin1");

function read(isCollecting) {
  let components, elements, count = 0;
  const result = [];
  const parser = new Parser(new Configuration({ validator: new NullValidator(), charset: "UNOC" }));
  parser.onOpenSegment = (tag) => {
    elements = [];
    if (isCollecting) result.push({ name: tag, elements: elements });
  };
  parser.onElement = () => { components = []; elements.push(components); };
  parser.onComponent = (value) => { components.push(value); };
  parser.onCloseSegment = () => { count += elements.length; };
  parser.write(text);
  parser.end();
  return count;
}

function timed(isCollecting) {
  read(isCollecting);
  const before = process.cpuUsage();
  read(isCollecting);
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1e6;
}

console.log(JSON.stringify({ streamed: timed(false), collected: timed(true) }));
