// Why a broker cannot be reached, in words that say what to repair. Paho tells only that connecting
// failed: this tries the way there once more, step by step, and sends nothing of the device.
#pragma once

#include <string>

namespace aftercare::agent {

struct LinkDiagnosis {
    std::string url;      ///< mqtt:// or mqtts://
    std::string ca_file;  ///< as in BrokerOptions
    std::string cert_file;
    std::string key_file;
};

/// Cost: blocks for at most some seconds a step (name, connection, TLS); call it where waiting is
/// allowed. Empty when nothing is wrong on the way.
std::string why_unreachable(const LinkDiagnosis& link);

}  // namespace aftercare::agent
