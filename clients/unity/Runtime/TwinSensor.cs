using UnityEngine;

namespace Twin.Unity
{
    /// <summary>
    /// A sensor of a machine: one channel of its readings. It lies on the machine's object or on one below it; a script or
    /// an animation sets its <see cref="Value"/>.
    /// </summary>
    [AddComponentMenu("Twin/Twin Sensor")]
    public sealed class TwinSensor : MonoBehaviour
    {
        [Tooltip("The channel's name, as the machine's type has it: for example torque_nm.")]
        [SerializeField] private string channel = "";

        [Tooltip("What the sensor shows, in the unit of the channel.")]
        [SerializeField] private double value;

        /// <summary>The channel's name, as the machine's type has it.</summary>
        public string Channel { get { return channel; } set { channel = value; } }

        /// <summary>What the sensor shows. NaN where it shows nothing: the reading then goes without it.</summary>
        public double Value { get { return value; } set { this.value = value; } }
    }
}
