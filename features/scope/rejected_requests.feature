Feature: A Suspended meter stays closed to ordinary requests
  MP105 opens one door, SR11.2 Read Firmware Version. Every other Non-Critical request to a Suspended meter is
  still rejected. The same request to a twin, which differs in its status alone, is accepted: so the status is
  the reason.

  @SCOPE-01
  Scenario Outline: Other non-critical requests to a Suspended meter are still rejected
    Given a Suspended <meter> and a twin that is Commissioned
    When a user who may send it sends SR<variant> to both
    Then the request to the twin is accepted
    And the request to the Suspended <meter> is rejected for its device status
    And nothing of the rejected request reached the <meter>

    Examples:
      | id          | meter | variant |
      | esme-2.2    | ESME  | 2.2     |
      | esme-3.1    | ESME  | 3.1     |
      | esme-3.2    | ESME  | 3.2     |
      | esme-3.3    | ESME  | 3.3     |
      | esme-3.4    | ESME  | 3.4     |
      | esme-3.5    | ESME  | 3.5     |
      | esme-4.1.1  | ESME  | 4.1.1   |
      | esme-4.1.2  | ESME  | 4.1.2   |
      | esme-4.1.3  | ESME  | 4.1.3   |
      | esme-4.2    | ESME  | 4.2     |
      | esme-4.3    | ESME  | 4.3     |
      | esme-4.4.2  | ESME  | 4.4.2   |
      | esme-4.4.3  | ESME  | 4.4.3   |
      | esme-4.4.4  | ESME  | 4.4.4   |
      | esme-4.4.5  | ESME  | 4.4.5   |
      | esme-4.6.1  | ESME  | 4.6.1   |
      | esme-4.6.2  | ESME  | 4.6.2   |
      | esme-4.8.1  | ESME  | 4.8.1   |
      | esme-4.8.2  | ESME  | 4.8.2   |
      | esme-4.8.3  | ESME  | 4.8.3   |
      | esme-4.10   | ESME  | 4.10    |
      | esme-4.11.1 | ESME  | 4.11.1  |
      | esme-4.11.2 | ESME  | 4.11.2  |
      | esme-4.12.1 | ESME  | 4.12.1  |
      | esme-4.12.2 | ESME  | 4.12.2  |
      | esme-4.13   | ESME  | 4.13    |
      | esme-4.14   | ESME  | 4.14    |
      | esme-4.15   | ESME  | 4.15    |
      | esme-4.16   | ESME  | 4.16    |
      | esme-4.17   | ESME  | 4.17    |
      | esme-4.18   | ESME  | 4.18    |
      | esme-6.2.1  | ESME  | 6.2.1   |
      | esme-6.2.2  | ESME  | 6.2.2   |
      | esme-6.2.3  | ESME  | 6.2.3   |
      | esme-6.2.4  | ESME  | 6.2.4   |
      | esme-6.2.5  | ESME  | 6.2.5   |
      | esme-6.2.7  | ESME  | 6.2.7   |
      | esme-6.2.9  | ESME  | 6.2.9   |
      | esme-6.2.10 | ESME  | 6.2.10  |
      | esme-6.4.2  | ESME  | 6.4.2   |
      | esme-6.5    | ESME  | 6.5     |
      | esme-6.12   | ESME  | 6.12    |
      | esme-6.13   | ESME  | 6.13    |
      | esme-6.18.1 | ESME  | 6.18.1  |
      | esme-6.18.2 | ESME  | 6.18.2  |
      | esme-6.20.1 | ESME  | 6.20.1  |
      | esme-6.20.2 | ESME  | 6.20.2  |
      | esme-6.21   | ESME  | 6.21    |
      | esme-6.22   | ESME  | 6.22    |
      | esme-6.24.1 | ESME  | 6.24.1  |
      | esme-6.27   | ESME  | 6.27    |
      | esme-7.4    | ESME  | 7.4     |
      | esme-7.7    | ESME  | 7.7     |
      | esme-7.9    | ESME  | 7.9     |
      | esme-7.10   | ESME  | 7.10    |
      | esme-7.11   | ESME  | 7.11    |
      | esme-7.14   | ESME  | 7.14    |
      | esme-7.15   | ESME  | 7.15    |
      | esme-8.5    | ESME  | 8.5     |
      | esme-8.7.2  | ESME  | 8.7.2   |
      | esme-8.8.2  | ESME  | 8.8.2   |
      | esme-8.9    | ESME  | 8.9     |
      | esme-9.1    | ESME  | 9.1     |
      | gsme-2.2    | GSME  | 2.2     |
      | gsme-3.1    | GSME  | 3.1     |
      | gsme-3.3    | GSME  | 3.3     |
      | gsme-3.4    | GSME  | 3.4     |
      | gsme-3.5    | GSME  | 3.5     |
      | gsme-4.1.1  | GSME  | 4.1.1   |
      | gsme-4.1.2  | GSME  | 4.1.2   |
      | gsme-4.1.4  | GSME  | 4.1.4   |
      | gsme-4.3    | GSME  | 4.3     |
      | gsme-4.4.2  | GSME  | 4.4.2   |
      | gsme-4.4.3  | GSME  | 4.4.3   |
      | gsme-4.4.4  | GSME  | 4.4.4   |
      | gsme-4.4.5  | GSME  | 4.4.5   |
      | gsme-4.6.1  | GSME  | 4.6.1   |
      | gsme-4.8.1  | GSME  | 4.8.1   |
      | gsme-4.10   | GSME  | 4.10    |
      | gsme-4.11.1 | GSME  | 4.11.1  |
      | gsme-4.13   | GSME  | 4.13    |
      | gsme-4.14   | GSME  | 4.14    |
      | gsme-4.18   | GSME  | 4.18    |
      | gsme-6.2.3  | GSME  | 6.2.3   |
      | gsme-6.2.4  | GSME  | 6.2.4   |
      | gsme-6.2.7  | GSME  | 6.2.7   |
      | gsme-6.2.8  | GSME  | 6.2.8   |
      | gsme-6.2.9  | GSME  | 6.2.9   |
      | gsme-6.2.10 | GSME  | 6.2.10  |
      | gsme-6.13   | GSME  | 6.13    |
      | gsme-6.20.1 | GSME  | 6.20.1  |
      | gsme-6.21   | GSME  | 6.21    |
      | gsme-6.22   | GSME  | 6.22    |
      | gsme-6.24.1 | GSME  | 6.24.1  |
      | gsme-7.4    | GSME  | 7.4     |
      | gsme-8.5    | GSME  | 8.5     |
      | gsme-8.7.2  | GSME  | 8.7.2   |
      | gsme-8.8.2  | GSME  | 8.8.2   |
      | gsme-8.9    | GSME  | 8.9     |
      | gsme-9.1    | GSME  | 9.1     |
      | gsme-14.1   | GSME  | 14.1    |

  @SCOPE-01
  Scenario Outline: Other non-critical requests are still rejected whoever sends them
    Given a Suspended <meter> and a twin that is Commissioned
    When the <role> sends SR6.2.4 to both
    Then the request to the twin is accepted
    And the request to the Suspended <meter> is rejected for its device status
    And nothing of the rejected request reached the <meter>

    Examples:
      | id       | meter | role                      |
      | esme-es  | ESME  | export supplier           |
      | esme-rsa | ESME  | registered supplier agent |
      | esme-ed  | ESME  | electricity distributor   |
      | esme-ou  | ESME  | other user                |
      | gsme-rsa | GSME  | registered supplier agent |
      | gsme-gt  | GSME  | gas transporter           |
      | gsme-ou  | GSME  | other user                |

  @SCOPE-01
  Scenario Outline: Other non-critical requests are not let through for local delivery either
    Given a DSP that returns commands for local delivery
    And a Suspended <meter> and a twin that is Commissioned
    When the supplier sends SR<variant> to both <way>
    Then the request to the twin is accepted
    And the request to the Suspended <meter> is rejected for its device status
    And nothing of the rejected request reached the <meter>

    Examples:
      | id               | meter | variant | way                                 |
      | esme-4.1.1-local | ESME  | 4.1.1   | for local delivery                  |
      | esme-4.1.1-both  | ESME  | 4.1.1   | over the WAN and for local delivery |
      | esme-3.1-local   | ESME  | 3.1     | for local delivery                  |
      | esme-4.8.1-both  | ESME  | 4.8.1   | over the WAN and for local delivery |
      | esme-6.2.4-local | ESME  | 6.2.4   | for local delivery                  |
      | esme-6.13-both   | ESME  | 6.13    | over the WAN and for local delivery |
      | esme-7.4-local   | ESME  | 7.4     | for local delivery                  |
      | esme-7.4-both    | ESME  | 7.4     | over the WAN and for local delivery |
      | gsme-4.1.1-local | GSME  | 4.1.1   | for local delivery                  |
      | gsme-4.1.1-both  | GSME  | 4.1.1   | over the WAN and for local delivery |
      | gsme-3.3-both    | GSME  | 3.3     | over the WAN and for local delivery |
      | gsme-4.3-local   | GSME  | 4.3     | for local delivery                  |
      | gsme-6.2.4-both  | GSME  | 6.2.4   | over the WAN and for local delivery |
      | gsme-6.13-local  | GSME  | 6.13    | for local delivery                  |
      | gsme-9.1-both    | GSME  | 9.1     | over the WAN and for local delivery |

  @SCOPE-01
  Scenario Outline: Other non-critical requests are still rejected where they are not to be carried out at once
    Given a Suspended <meter> and a twin that is Commissioned
    When the supplier sends SR<variant> to both to be carried out a moment later
    Then the request to the twin is accepted
    And the request to the Suspended <meter> is rejected for its device status
    And nothing of the rejected request reached the <meter>

    Examples:
      | id          | meter | variant |
      | esme-3.1    | ESME  | 3.1     |
      | esme-4.1.1  | ESME  | 4.1.1   |
      | esme-4.18   | ESME  | 4.18    |
      | esme-6.4.2  | ESME  | 6.4.2   |
      | esme-7.7    | ESME  | 7.7     |
      | esme-8.9    | ESME  | 8.9     |
      | gsme-3.4    | GSME  | 3.4     |
      | gsme-4.1.1  | GSME  | 4.1.1   |
      | gsme-4.13   | GSME  | 4.13    |
      | gsme-6.20.1 | GSME  | 6.20.1  |
      | gsme-8.9    | GSME  | 8.9     |

  @SCOPE-01
  Scenario Outline: Other non-critical requests are still rejected whatever the meter was before
    Given a <meter> that was InstalledNotCommissioned when its firmware was removed from the CPL, and a twin that is Commissioned
    When the supplier sends SR4.1.1 to both
    Then the request to the twin is accepted
    And the request to the Suspended <meter> is rejected for its device status
    And nothing of the rejected request reached the <meter>

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @SCOPE-01
  Scenario Outline: Other non-critical requests are still rejected after the meter was read, and every time
    Given a Suspended <meter> and a twin that is Commissioned
    And the supplier has sent SR11.2 Read Firmware Version to the <meter>, which stayed Suspended
    When the supplier sends SR4.1.1 to both
    And the supplier sends SR4.1.1 to both
    Then the request to the twin is accepted
    And the request to the Suspended <meter> is rejected for its device status
    And nothing of the rejected request reached the <meter>

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @SCOPE-01
  Scenario Outline: Other non-critical requests are rejected at a second suspension as at the first
    Given a Suspended <meter> and a twin that is Commissioned
    And the <meter> has been restored by SR11.3 Activate Firmware, and SR4.1.1 to it was accepted since
    And the firmware that the <meter> runs has since been removed from the CPL too
    When the supplier sends SR4.1.1 to both
    Then the request to the twin is accepted
    And the request to the Suspended <meter> is rejected for its device status
    And nothing of the rejected request reached the <meter>

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @SCOPE-01
  Scenario Outline: Other non-critical requests are still rejected while another meter of the model has been restored
    Given two Suspended <meter>s of one model, the second called the twin
    And the twin has been restored by SR11.3 Activate Firmware, and SR4.1.1 to it was accepted since
    When the supplier sends SR4.1.1 to both
    Then the request to the twin is accepted
    And the request to the Suspended <meter> is rejected for its device status
    And nothing of the rejected request reached the <meter>

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @SCOPE-02
  Scenario Outline: A rejected request leaves no trace
    Given a Suspended <meter> and a twin that is Commissioned
    When a user who may send it sends SR<variant> to both
    Then the request to the twin is accepted
    And the request to the twin reached the twin
    And the request to the Suspended <meter> is rejected for its device status
    And nothing of the rejected request reached the <meter>

    Examples:
      | id         | meter | variant |
      | esme-2.2   | ESME  | 2.2     |
      | gsme-2.2   | GSME  | 2.2     |
      | esme-3.1   | ESME  | 3.1     |
      | gsme-3.1   | GSME  | 3.1     |
      | esme-4.1.1 | ESME  | 4.1.1   |
      | gsme-4.1.1 | GSME  | 4.1.1   |
      | esme-4.3   | ESME  | 4.3     |
      | gsme-4.3   | GSME  | 4.3     |
      | esme-4.8.1 | ESME  | 4.8.1   |
      | gsme-4.8.1 | GSME  | 4.8.1   |
      | esme-6.13  | ESME  | 6.13    |
      | gsme-6.13  | GSME  | 6.13    |
      | esme-7.4   | ESME  | 7.4     |
      | gsme-7.4   | GSME  | 7.4     |
      | esme-8.9   | ESME  | 8.9     |
      | gsme-8.9   | GSME  | 8.9     |

  @SCOPE-02
  Scenario Outline: A rejected request is not sent once the meter is restored either
    Given a Suspended <meter> and a twin that is Commissioned
    When the supplier sends SR4.1.1 to both
    And SR11.3 Activate Firmware restores the <meter>
    Then the request to the twin is accepted
    And the request to the Suspended <meter> is rejected for its device status
    And nothing of the rejected request is ever sent to the <meter>

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |
