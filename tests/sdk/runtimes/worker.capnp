using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      modules = [(name = "worker", esModule = embed "worker.js")],
      compatibilityDate = "2026-04-01",
      bindings = [(name = "COUNSEL_URL", fromEnvironment = "COUNSEL_URL")],
      globalOutbound = "network",
    )),
    (name = "network", network = (allow = ["private"])),
  ],
);
