/* The spool on raw flash: the whole storage port. */
#ifndef FLASH_PORT_H
#define FLASH_PORT_H

#include <aftercare/agent.h>

void flash_port(aftercare_ports* ports);

#endif
